"""The workflows: pinned actions, few rights, and nothing untrusted in a shell's text."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).parents[2] / ".github" / "workflows"
NAMES = sorted(path.name for path in FOLDER.glob("*.yml"))


def steps(name):
    jobs = yaml.safe_load((FOLDER / name).read_text())["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


def uses(name):
    return {step["uses"] for step in steps(name) if "uses" in step}


@pytest.mark.parametrize("name", NAMES)
def test_actions_are_pinned_to_a_commit(name):
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", used) for used in uses(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_default_is_to_read(name):
    raw = yaml.safe_load((FOLDER / name).read_text())
    assert raw["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("name", NAMES)
def test_no_expression_is_pasted_into_a_shell(name):
    for step in steps(name):
        assert "${{" not in step.get("run", ""), step["run"]


def test_the_search_needs_no_other_action_than_the_book():
    assert uses("search.yml") <= uses("book.yml")


def test_only_the_job_without_our_code_may_write():
    jobs = yaml.safe_load((FOLDER / "search.yml").read_text())["jobs"]
    assert "permissions" not in jobs["search"]
    assert set(jobs["tell"]["permissions"]) == {"actions", "contents", "issues"}
    told = " ".join(step.get("run", "") for step in jobs["tell"]["steps"])
    assert "lsr" not in told.replace("lsr search run", "")
    assert "make" not in told
    assert jobs["tell"]["if"] == "needs.search.outputs.found == 'yes'"
    assert "--body-file" in told


@pytest.mark.parametrize("name", NAMES)
def test_every_script_is_sound_shell(name):
    for step in steps(name):
        script = step.get("run", "")
        assert subprocess.run(["bash", "-n"], input=script, text=True).returncode == 0, script
