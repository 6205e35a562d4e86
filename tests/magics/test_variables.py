"""Variables of the notebook in a line: taken as a whole word, never sent as their name unseen."""

import pytest
from IPython.core.error import UsageError

from ppio_widgets import LaunchForm
from ppio_widgets.launches.presets import load_preset, preset_names
from ppio_widgets.locale.words import words

LINE = "%ppio_launch --practice --product a100-80g --image ubuntu:24.04"


def test_a_sweep_with_names_inside_of_words_launches_nothing_and_says_how(run, names):
    with pytest.raises(UsageError) as caught:
        run(f"for i in range(3):\n    lr = 0.1 / (i + 1)\n    {LINE} --name demo-$i --env LR=$lr --yes")
    assert 'write {f"demo-{i}"} as a whole word' in str(caught.value)
    assert "\n" not in str(caught.value)
    assert names() == []


def test_a_sweep_with_whole_words_launches_each(run, names):
    sweep = f"""for i in range(2):
    lr = 0.1 / (i + 1)
    one = {LINE} --name {{f"demo-{{i}}"}} --env {{f"LR={{lr}}"}} --yes
    one.stop_following()
    assert one.plan.report.body["envs"] == [{{"key": "LR", "value": str(lr)}}]"""
    run(sweep)
    assert sorted(names()) == ["demo-0", "demo-1"]


@pytest.mark.parametrize("word", ["'demo-$i'", "demo-\\$i", "'demo-'\\$i"])
def test_single_quotes_and_a_backslash_mean_the_text(run, word):
    plan = run(f"i = 1\n{LINE} --name {word} --dry-run")
    assert plan.report.body["name"] == "demo-$i"
    assert "variable" not in str(plan)


@pytest.mark.parametrize("name", ["_", "_1", "In", "Out", "exit", "get_ipython", "_mine", "print", "nowhere"])
def test_what_the_person_did_not_make_is_text(shell, run, name):
    shell.run_cell("1 + 1\n_mine = 2", store_history=True)
    plan = run(f'{LINE} --name a --env "A=${name} {{{name}}}" --dry-run')
    assert plan.report.body["envs"] == [{"key": "A", "value": f"${name} {{{name}}}"}]
    assert "variable" not in str(plan)


def test_a_name_of_ipython_that_the_person_took_is_theirs(run):
    with pytest.raises(UsageError, match="inside a word"):
        run(f"exit = 3\n{LINE} --name demo-$exit --dry-run")
    with pytest.raises(UsageError, match="inside a word"):
        run(f"import os\n{LINE} --name 'demo'-{{os.name}} --dry-run")


def test_inside_of_a_command_it_is_said_before_and_in_the_plan(run, capsys):
    plan = run(f'epochs = 3\nx = {LINE} --name demo --command "train --epochs $epochs" --dry-run\nx;')
    said = "Command: $epochs is filled in by the instance's shell, not by this notebook."
    assert capsys.readouterr().out.startswith(said)
    assert any(said in text for text in plan.named_doubts(words("en")))
    assert said in str(plan)
    assert said.replace("'", "&#39;") in plan._repr_mimebundle_()["text/html"]
    assert plan.report.body["command"] == "train --epochs $epochs"
    run(f"x = {LINE} --name demo --command 'train --epochs $epochs' --dry-run")
    assert capsys.readouterr().out == ""


def test_a_terminal_sees_it_above_its_question(run, names, monkeypatch, capsys):
    monkeypatch.setattr("ppio_widgets.runtime.kernel.takes_input", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _question: "n")
    run(f'i = 3\n{LINE} --name demo --command "run $i"')
    assert capsys.readouterr().out.count("$i is filled in by the instance's shell") == 2
    assert names() == []


def test_a_cell_says_what_is_not_filled_in(run, capsys):
    plan = run(
        'i = 3\nget_ipython().run_cell_magic("ppio_launch", "--practice --dry-run", '
        '\'{"name": "demo-$i", "product_id": "a100-80g", "image": "ubuntu:24.04"}\')'
    )
    assert "Name: $i names a variable of the notebook, but is sent as it stands." in capsys.readouterr().out
    assert "$i names a variable of the notebook" in str(plan)


def test_an_options_line_of_a_cell_refuses_as_well(run):
    with pytest.raises(UsageError, match="inside a word"):
        run(
            'i = 3\nget_ipython().run_cell_magic("ppio_launch", "--practice --dry-run --name demo-$i", '
            '\'{"product_id": "a100-80g"}\')'
        )


def test_a_preset_is_not_saved_with_a_name_in_place_of_a_value(run, capsys):
    with pytest.raises(UsageError, match="inside a word"):
        run("i = 3\n%ppio preset save sweep --name demo-$i")
    with pytest.raises(UsageError, match="cannot be the name of a preset"):
        run("%ppio preset save sweep-$i --name demo")
    assert preset_names() == []
    run('%ppio preset save sweep --name {f"demo-{i}"} --command "run $i"')
    assert load_preset("sweep")["name"] == "demo-3"
    assert "$i is filled in by the instance's shell" in capsys.readouterr().out


def test_the_line_of_a_form_is_the_same_line_in_any_notebook(run):
    run("i = 3\nx = 4")
    texts = ["demo-$i", "it's {i}", "\\$i '{x}' \\", '${i}"{x:03d}"\'', "'$x'", "$i\\'", '"$i"']
    body = {
        "name": texts[0],
        "product_id": "p",
        "image": texts[1],
        "entrypoint": texts[2],
        "command": texts[3],
        "billing": {"mode": "postpaid"},
        "resource": {"gpu_num": 1, "rootfs_size_gb": 20},
        "envs": [{"key": f"A{n}", "value": text} for n, text in enumerate(texts)],
        "candidate_regions": texts,
    }
    form = LaunchForm(body, practice=True)
    plan = run(f"{form.face('line')} --dry-run")
    form.close()
    assert plan.report.body == body
    assert plan.notes == ()


def test_with_an_open_form_of_the_line_it_is_advice(run):
    form = run(f"i = 3\n{LINE} --name 'demo-$i' --command 'run $i' --form")
    assert [(one.path, one.code) for one in form.session.report.advice if one.is_doubt] == [
        (("name",), "variable")
    ]
    form.close()
