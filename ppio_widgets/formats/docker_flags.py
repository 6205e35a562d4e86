"""The options of ``docker run``, ``podman run`` and ``nerdctl run``, and how their words are read.

The three read options as the Go package pflag does: ``--option value``, ``--option=value``, short ones in a
cluster (``-itd``) whose last may have its value glued on (``-eA=1``, ``-p80:80``) or behind it, and nothing
is an option any more behind the first word that is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ppio_widgets.formats.shell import HOLE, ShellWord
from ppio_widgets.secrets.redaction import input_error


@dataclass(frozen=True)
class Table:
    """Options by their long names: which take a value, which take none, and their letters."""

    valued: frozenset[str]
    switches: frozenset[str]
    letters: dict[str, str]


@dataclass(frozen=True)
class Given:
    """One option of a line: its long name, how it was typed, and its value; a switch has an empty one."""

    name: str
    shown: str
    value: ShellWord = field(repr=False)


# docker 28 (`docker run --help`, and the hidden --dns-opt, --net and --net-alias).
_DOCKER = """
add-host annotation attach blkio-weight blkio-weight-device cap-add cap-drop cgroup-parent cgroupns cidfile
cpu-count cpu-percent cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares cpus cpuset-cpus
cpuset-mems detach-keys device device-cgroup-rule device-read-bps device-read-iops device-write-bps
device-write-iops dns dns-opt dns-option dns-search domainname entrypoint env env-file expose gpus group-add
health-cmd health-interval health-retries health-start-interval health-start-period health-timeout hostname
io-maxbandwidth io-maxiops ip ip6 ipc isolation kernel-memory label label-file link link-local-ip log-driver
log-opt mac-address memory memory-reservation memory-swap memory-swappiness mount name net net-alias network
network-alias oom-score-adj pid pids-limit platform publish pull restart runtime security-opt shm-size
stop-signal stop-timeout storage-opt sysctl tmpfs ulimit user userns uts volume volume-driver volumes-from
workdir
"""
# What podman 5 and nerdctl 2 have besides.
_OTHERS = """
arch authfile cert-dir cgroup-conf cgroups chrootdirs conmon-pidfile cosign-certificate-identity
cosign-certificate-identity-regexp cosign-certificate-oidc-issuer cosign-certificate-oidc-issuer-regexp
cosign-key creds decryption-key env-merge gidmap group-entry health-log-destination health-max-log-count
health-max-log-size health-on-failure health-startup-cmd health-startup-interval health-startup-retries
health-startup-success health-startup-timeout healthcheck-command healthcheck-interval healthcheck-retries
healthcheck-start-period healthcheck-timeout hosts-file hostuser image-volume init-binary init-ctr init-path
ipfs-address os passwd-entry personality pidfile pod pod-id-file preserve-fd preserve-fds rdt-class requires
retry retry-delay sdnotify seccomp-policy secret shm-size-systemd signature-policy subgidname subuidname
systemd timeout tz uidmap umask unsetenv variant verify
"""
_SWITCHES = """
detach disable-content-trust help init interactive no-healthcheck oom-kill-disable privileged publish-all
quiet read-only rm sig-proxy tty use-api-socket
env-host http-proxy no-hostname no-hosts passwd read-only-tmpfs replace rmi rootfs tls-verify unsetenv-all
"""

RUN = Table(
    valued=frozenset(f"{_DOCKER} {_OTHERS}".split()),
    switches=frozenset(_SWITCHES.split()),
    letters={
        "a": "attach",
        "c": "cpu-shares",
        "d": "detach",
        "e": "env",
        "h": "hostname",
        "i": "interactive",
        "l": "label",
        "m": "memory",
        "p": "publish",
        "P": "publish-all",
        "q": "quiet",
        "t": "tty",
        "u": "user",
        "v": "volume",
        "w": "workdir",
    },
)

# What may stand between `docker` and `run`.
_PROGRAM = """
address cgroup-manager cni-netconfpath cni-path config conmon connection context data-root events-backend host
hooks-dir hosts-dir identity log-level module namespace network-cmd-path network-config-dir out root runroot
runtime runtime-flag snapshotter ssh storage-driver storage-opt tlscacert tlscert tlskey tmpdir url volumepath
"""
_PROGRAM_SWITCHES = "debug debug-full help insecure-registry remote syslog tls tlsverify version"

PROGRAM = Table(
    valued=frozenset(_PROGRAM.split()),
    switches=frozenset(_PROGRAM_SWITCHES.split()),
    letters={
        "a": "address",
        "c": "context",
        "D": "debug",
        "H": "host",
        "l": "log-level",
        "n": "namespace",
        "r": "remote",
        "v": "version",
    },
)

# About the terminal, the client or the time after the end: nothing of it is missed in the cloud.
HARMLESS = frozenset(
    {
        *("attach", "cidfile", "conmon-pidfile", "detach", "detach-keys", "disable-content-trust", "help"),
        *("init", "interactive", "pidfile", "pull", "quiet", "replace", "rm", "rmi", "sig-proxy", "tty"),
    }
)

_FALSE = frozenset({"0", "f", "F", "false", "False", "FALSE"})


def read_options(words: tuple[ShellWord, ...], table: Table) -> tuple[list[Given], tuple[ShellWord, ...]]:
    """Return the options that `words` begin with, and the words behind them.

    A switch that is turned off (``--init=false``) is not returned.

    Raises
    ------
    InputError
        For an option that is not known (how many words it takes is not known either), or one whose
        value is missing. No value is ever in the message.
    """
    given: list[Given] = []
    position = 0
    while position < len(words) and words[position].masked.startswith("-") and words[position].masked != "-":
        word = words[position]
        position += 1
        if word.masked == "--":
            break
        for name, shown, glued in (_long if word.masked.startswith("--") else _cluster)(word, table):
            value = glued or (ShellWord("") if name in table.switches else None)
            if value is None:
                if position == len(words):
                    raise input_error("docker_value", option=shown)
                value = words[position]
                position += 1
            if not (name in table.switches and value.masked in _FALSE):
                given.append(Given(name, shown, value))
    return given, words[position:]


# Name, how it was typed, and the value where that is in the same word.
_Option = tuple[str, str, ShellWord | None]


def _long(word: ShellWord, table: Table) -> list[_Option]:
    head, value = word.cut("=")
    name = head[2:]
    if name not in table.valued and name not in table.switches:
        raise input_error("docker_option", option=head.replace(HOLE, "…"))
    return [(name, head, value)]


def _cluster(word: ShellWord, table: Table) -> list[_Option]:
    """Read ``-itd``, ``-eA=1``, ``-p=80:80``, ``-d=true``: up to the first letter that has a value."""
    options: list[_Option] = []
    for place, letter in enumerate(word.masked[1:], 2):
        shown = f"-{letter}".replace(HOLE, "…")
        name = table.letters.get(letter)
        if name is None:
            raise input_error("docker_option", option=shown)
        behind = word.after(place)
        # pflag: an equals sign with something behind it is no part of the value.
        value = behind.after(1) if behind.masked.startswith("=") and behind.masked != "=" else behind
        if name in table.valued or value is not behind:
            return [*options, (name, shown, value if value.masked else None)]
        options.append((name, shown, None))
    return options
