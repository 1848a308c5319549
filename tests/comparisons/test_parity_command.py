"""`python -m comparisons parity`: what it prints, and how it ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from comparisons import parity
from comparisons.__main__ import main
from minigrad.ops.elementwise import ExpBackward0

ROOT = Path(__file__).parents[2]


def test_one_operation_is_one_line_and_a_total(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parity", "--op", "view_as", "--cases", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (row,) = [line for line in lines if line.startswith("view_as")]
    assert row.split()[:2] == ["view_as", "4"]  # three drawn, and a bad call
    assert "Nothing else differs." in lines and any(line.startswith("total") for line in lines)


def test_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    main(["parity", "--op", "linalg", "--cases", "2", "--seed", "7", "--json"])
    result = json.loads(capsys.readouterr().out)
    assert {"matmul", "mm", "outer"} <= {operation["name"] for operation in result["operations"]}
    assert result["seed"] == 7 and result["agree"] in (True, False)


def test_a_new_difference_ends_in_exit_code_1_and_its_shortest_example(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ExpBackward0, "backward", lambda self, grad: grad)
    assert main(["parity", "--op", "exp", "--cases", "10"]) == 1
    out = capsys.readouterr().out
    assert "New differences" in out and "exp, gradients: x = torch.tensor(" in out


def test_another_seed_draws_other_cases() -> None:
    op = parity.TABLE["add"]
    assert [str(case) for case in op.cases(5, 1)] != [str(case) for case in op.cases(5, 2)]
    assert [str(case) for case in op.cases(5, 1)] == [str(case) for case in op.cases(9, 1)][: len(list(op.cases(5, 1)))]


def test_an_unknown_operation_is_said_to_be_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parity", "--op", "exq"]) == 2
    assert "exq" in (message := capsys.readouterr().err) and "exp" in message and "Traceback" not in message


@pytest.mark.parametrize("arguments", [("--cases", "0"), ("--cases", "many"), ("--seed", "x"), ("--out", "runs")])
def test_wrong_usage_ends_in_exit_code_2(arguments: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["parity", *arguments])
    assert end.value.code == 2 and arguments[0] in capsys.readouterr().err


def test_it_runs_as_a_user_runs_it() -> None:
    command = [sys.executable, "-m", "comparisons", "parity", "--op", "view", "--cases", "2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "Traceback" not in done.stderr and done.stdout.startswith("minigrad beside torch")


@pytest.mark.parametrize("json_too", [False, True])
def test_ctrl_c_leaves_the_summary_of_what_was_examined(
    json_too: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    examine, examined = parity.examine, []

    def until_the_third(op: parity.Op, count: int, seed: int) -> parity.Line:
        examined.append(op.name)
        if len(examined) == 3:
            raise KeyboardInterrupt
        return examine(op, count, seed)

    monkeypatch.setattr(parity, "examine", until_the_third)
    assert main(["parity", "--op", "linalg", "--cases", "1", *["--json"] * json_too]) == 130
    out = capsys.readouterr().out
    if json_too:
        result = json.loads(out)
        assert result["agree"] is None and [line["name"] for line in result["operations"]] == examined[:2]
    else:
        count = len(parity.chosen("linalg"))
        assert "\ntotal " in out and out.endswith(f"Interrupted after 2 of {count} operations.\n")


def test_ctrl_c_before_anything_is_examined_is_just_that(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def at_once(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(parity, "examine", at_once)
    assert main(["parity"]) == 130 and capsys.readouterr().err == "comparisons parity: interrupted\n"
