"""For The Littlest JupyterHub, in /opt/tljh/config/jupyterhub_config.d; then `sudo tljh-config reload`.

Everybody practises, on the one practice cloud that ppio-practice.service serves on this computer, each with
an account of their own: what they launch is there after a restart of their server, and nobody else's. How
somebody rents all the same is said in docs/en/how-to/tljh.md. No key belongs here: every user could read it,
and rent with it.
"""

import secrets
from hashlib import blake2b

# It ends with the hub: whoever starts a server after that gets another practice account.
SECRET = secrets.token_bytes(32)


def practice_key(spawner):
    """Return the key of a user's practice account, which no other user can guess."""
    pin = blake2b(spawner.user.name.encode(), key=SECRET, digest_size=8).hexdigest()
    return f"sk_practice_student.{pin}"


c = get_config()  # noqa: F821 - JupyterHub puts it here
c.Spawner.environment = {
    "PPIO_WIDGETS_PRACTICE": "1",
    "PPIO_GPU_BASE_URL": "http://127.0.0.1:8899",
    "PPIO_WIDGETS_PRACTICE_KEY": practice_key,
}
