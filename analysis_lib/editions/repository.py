"""The git repository that the evidence stands in: the few questions an edition asks of it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from analysis_lib.exceptions import ReviewError
from analysis_lib.study_records import ROOT


class RepositoryError(ReviewError):
    """git refused; the message ends with its own words."""


@dataclass(frozen=True)
class Repository:
    """A working tree with its history."""

    root: Path = ROOT

    def git(self, *arguments: str) -> str:
        """Output of a git command.

        Raises
        ------
        RepositoryError
            It failed, or there is no git.
        """
        try:
            done = subprocess.run(
                ["git", *arguments],
                cwd=self.root,
                capture_output=True,
                encoding="utf-8",
                check=False,
            )
        except OSError as error:
            raise RepositoryError(f"git cannot be run: {error.strerror}") from error
        if done.returncode != 0:
            raise RepositoryError(f"git {arguments[0]} failed: {done.stderr.strip()}")
        return done.stdout

    def head(self) -> str:
        """The commit that is checked out."""
        return self.git("rev-parse", "HEAD").strip()

    def changed(self) -> tuple[str, ...]:
        """Paths that differ from the last commit, untracked ones too, as git names them."""
        return tuple(self.git("status", "--porcelain", "--untracked-files=all").splitlines())

    def commit_of(self, name: str) -> str | None:
        """The commit that a tag or branch names; None when there is none."""
        try:
            return self.git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").strip()
        except RepositoryError:
            return None

    def text(self, revision: str, path: str) -> str | None:
        """A file at a revision; None when it is not there."""
        try:
            return self.git("show", f"{revision}:{path}")
        except RepositoryError:
            return None


def tag_of(number: str) -> str:
    """The tag of an edition."""
    return f"edition-{number}"
