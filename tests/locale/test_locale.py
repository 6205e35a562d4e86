import ast
import re
import string
from pathlib import Path

import pytest

import ppio_widgets
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale.words import LANGUAGES, joined, words

PACKAGE = Path(ppio_widgets.__file__).parent
NAMES = ("PPIO_WIDGETS_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
# Parameters that these sentences get from a mapping, not by name.
FROM_A_MAPPING = {"ask.what", "line.ask"}


def placeholders(sentence):
    return {
        name for _text, name, _format, _conversion in string.Formatter().parse(sentence) if name is not None
    }


def raw(language):
    return words(language)._sentences


def calls():
    """Every call in the package, with the place where it stands."""
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args:
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node


def says(call):
    """Whether a call puts a key into words: say(…), self._say(…), words()(…)."""
    function = call.func
    if isinstance(function, ast.Call):
        return isinstance(function.func, ast.Name) and function.func.id == "words"
    if isinstance(function, ast.Attribute):
        return function.attr in ("say", "_say")
    return isinstance(function, ast.Name) and function.id == "say"


def keys_of(node):
    """The keys an argument can be: whole ones, and what computed ones begin with."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value], []
    if isinstance(node, ast.IfExp):
        whole, begun = keys_of(node.body), keys_of(node.orelse)
        return whole[0] + begun[0], whole[1] + begun[1]
    if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        return [], [node.values[0].value]
    return [], []


def spoken():
    """Place, key, names of the parameters (None where a mapping is unpacked) of every key in the code."""
    for place, call in calls():
        if says(call):
            names = {keyword.arg for keyword in call.keywords}
            for key in keys_of(call.args[0])[0]:
                yield place, key, None if None in names else names


def raised():
    """Place, code and names of the parameters of every error that is made in the code."""
    errors = {name for name in dir(ppio_widgets.errors) if name[0].isupper()} | {"input_error"}
    for place, call in calls():
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        code = call.args[0]
        if name in errors and isinstance(code, ast.Constant) and isinstance(code.value, str):
            names = {keyword.arg for keyword in call.keywords}
            yield place, code.value, None if None in names else names


def test_both_languages_have_the_same_keys_and_the_same_placeholders():
    english, chinese = raw("en"), raw("zh")
    assert list(english) == list(chinese)
    different = [key for key in english if placeholders(english[key]) != placeholders(chinese[key])]
    assert different == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_empty_or_without_a_name_for_a_placeholder(language):
    for key, sentence in raw(language).items():
        assert sentence.strip(), key
        assert all(name.isidentifier() for name in placeholders(sentence)), key


@pytest.mark.long
def test_every_key_that_the_code_says_exists_and_gets_its_parameters():
    found = list(spoken())
    assert len(found) > 50
    english = raw("en")
    missing = [(place, key) for place, key, _names in found if key not in english]
    assert missing == []
    wrong = [
        (place, key)
        for place, key, names in found
        if names is not None and key not in FROM_A_MAPPING and not placeholders(english[key]) <= names
    ]
    assert wrong == []


@pytest.mark.long
def test_every_key_that_is_computed_has_some_that_begin_so():
    prefixes = [
        (place, prefix) for place, call in calls() if says(call) for prefix in keys_of(call.args[0])[1]
    ]
    assert prefixes
    assert [one for one in prefixes if not any(key.startswith(one[1]) for key in raw("en"))] == []


@pytest.mark.long
def test_every_key_is_said_somewhere():
    """It stands in the code as a whole, or a computed text can become it."""
    whole, computed = set(), set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                texts = (
                    re.escape(one.value) if isinstance(one, ast.Constant) else ".+" for one in node.values
                )
                computed.add("".join(texts))
    can_become = re.compile("|".join(one for one in computed if re.match(r"\w+\\\.", one)))
    keys = {key.partition("@")[0] for key in raw("en")}
    unsaid = [key for key in keys - whole if not can_become.fullmatch(key)]
    # The heads of a table are named by its kind and their column.
    columns = {f"{kind}.{column}" for kind in ("bill", "board", "products") for column in whole}
    assert set(unsaid) - columns == set()


@pytest.mark.long
def test_every_error_in_the_code_has_its_sentence_and_gets_its_parameters():
    found = list(raised())
    assert len(found) > 10
    english = raw("en")
    assert [(place, code) for place, code, _names in found if f"error.{code}" not in english] == []
    wrong = [
        (place, code)
        for place, code, names in found
        if names is not None and not placeholders(english[f"error.{code}"]) <= names
    ]
    assert wrong == []


@pytest.mark.parametrize("state", LaunchState)
def test_every_state_of_a_launch_has_its_sentence(state):
    assert f"launch.{state.value}" in words("en")


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("zh", "zh"),
        ("zh_CN.UTF-8", "zh"),
        ("ZH-Hant", "zh"),
        ("en", "en"),
        ("en_US.UTF-8", "en"),
        ("C", "en"),
        ("de_DE.UTF-8", "en"),
        ("", "en"),
    ],
)
def test_a_language_is_chosen_by_how_its_name_begins(name, language):
    assert words(name).language == language


@pytest.mark.parametrize("first", range(len(NAMES)))
def test_the_environment_is_asked_in_its_order(monkeypatch, first):
    for number, name in enumerate(NAMES):
        if number < first:
            monkeypatch.setenv(name, "")
        else:
            monkeypatch.setenv(name, "zh_CN.UTF-8" if number == first else "en_US.UTF-8")
    assert words().language == "zh"
    assert words("en").language == "en"


def test_without_any_variable_it_is_english(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    assert words().language == "en"


def test_values_are_never_read_as_placeholders():
    say = words("en")
    assert say("launch.draft", name="{name} {0} {x.y}") == "{name} {0} {x.y}: not sent."


def test_a_missing_key_or_parameter_is_an_error():
    say = words("en")
    with pytest.raises(KeyError):
        say("no.such.key")
    with pytest.raises(KeyError):
        say("launch.draft")
    assert "no.such.key" not in say
    assert say.first("no.such.key", "mode.spot") == "spot"


# Not one sentence, but a table of what may be typed.
TABLES = {"ppio.usage", "line.about", "line.examples", "command.serving"}
UNWANTED = {
    "en": r"all the same|take it out|take them out|stands in row|set aside|\bmend\b|stop waiting",
    "zh": r"可以重新启动|照样|搁置|不再等待|重新创建这次启动|账号|地区|计费方式|镜像认证|应答"
    r"|你|账本|那里|块 ?GPU|存储卷|本地卷|基础地址|……|base URL(?!）)",
}
MODES = {"mode.postpaid": "postpaid", "mode.prepaid": "prepaid", "mode.spot": "spot"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_word_is_said_for_one_thing(language):
    found = [
        (key, match[0])
        for key, sentence in raw(language).items()
        if (match := re.search(UNWANTED[language], sentence, re.IGNORECASE))
    ]
    assert found == []


# So many words a sentence to people has at most, and so many have more: that number may only fall.
MOST_WORDS = 14
LONGER = 0


def test_no_sentence_is_longer_than_somebody_reads():
    long = [
        (key, len(part.split()))
        for key, sentence in raw("en").items()
        if key not in TABLES
        for part in re.split(r"(?<=[.?!:;])\s+", sentence)
        if len(part.split()) > MOST_WORDS
    ]
    assert len(long) <= LONGER, long


def test_chinese_has_no_blank_behind_its_punctuation():
    blank = re.compile(r"[，。：；！？、）”] |\{(reason|lost|text|words|fact|fix)\} (?=[\u4e00-\u9fff“])")
    found = [key for key, sentence in raw("zh").items() if key not in TABLES and blank.search(sentence)]
    assert found == []
    assert joined(["没有发送。", "请重试。"]) == "没有发送。请重试。"
    assert joined(["Nothing was sent.", "Try again."]) == "Nothing was sent. Try again."


def test_chinese_names_a_billing_mode_with_the_word_of_the_api():
    for key, word in MODES.items():
        assert raw("zh")[key].endswith(f"（{word}）")


def test_in_chinese_a_launch_is_one_act_and_starting_a_stopped_instance_is_another():
    # What is of an instance that exists: its actions, its states, a program in it, a kernel.
    of_an_instance = (
        r"(status|do|sure|action|acting|lost|confirmed|machine|board|field|option|import|section|none)\."
    )
    found = [
        key
        for key, sentence in raw("zh").items()
        if "启动" in sentence and not re.match(of_an_instance, key) and "内核启动" not in sentence
    ]
    assert found == ["ppio.usage"]  # `%ppio start`


# The words that Chinese takes as they are: of the API, of Jupyter, Python, docker and the shell, keys, units,
# and what is typed. Another one is to be thought about first.
TAKEN = re.compile(r"[A-Za-z]+").findall(
    """
    after again all allow API api ASCII at auto BASE base Bearer bill bind body cert check class Classroom
    Colab com CONFIG connect container copy count CPU cpu CSV Ctrl CUDA curl data demo device dict DIR docker
    dry entrypoint
    env environ EPOCHS False false file finetune folder forget found GB getpass GPU gpu gpus HEAD help HF host
    http HTTPS https httpx ID IMAGE image import Infinity install instances IP join JSON json Jupyter
    JupyterLab KEY key lab latest launch launches LESSON like list local login look ls MiB mount NAME name
    NaN nerdctl network null of off os PATH PIN pin pip podman port POST postpaid PPIO ppio PRACTICE
    practice prepaid preset products PROXY pulling pwd Python qwen renew ro rootfs run save shell Shift sk
    Slow SOCKS socks source spot SSH start STATE status stop student target TCP tcp times TOKEN TOML toml
    True true type unchecked unique unreadable unrecorded URL url UTF VALUE value VAR vCPU volume VPC
    WIDGETS widgets Windows yes
    """
)


def test_chinese_has_no_english_word_but_those_that_it_takes_and_english_no_chinese_sign():
    said = {
        word
        for key, sentence in raw("zh").items()
        if key not in TABLES
        for word in re.findall(r"[A-Za-z]{2,}", re.sub(r"(?<!\{)\{\w+\}(?!\})", "", sentence))
    }
    assert said - set(TAKEN) == set()
    chinese = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]")
    assert [key for key, sentence in raw("en").items() if chinese.search(sentence)] == []
