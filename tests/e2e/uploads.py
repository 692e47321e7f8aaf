"""Where the stand-in for actions/upload-artifact sends its zips: the storage of the fake GitHub."""

from __future__ import annotations

from collections.abc import Callable

from tests.fake_github.github import FakeGitHub
from tests.fake_github.server import Answer, Request

PATH = "/uploads"


def uploads(fake: FakeGitHub) -> Callable[[Request], Answer | None]:
    """For ``fake.storage``. An artifact's name is unique in its run, unless it is overwritten."""

    def answer(request: Request) -> Answer | None:
        if request.path != PATH:
            return None
        run = fake.runs[int(request.query["run"])]
        name = request.query["name"]
        same = [one for one in fake.artifacts if one.run.id == run.id and one.name == name]
        if same and request.query["overwrite"] != "true":
            return Answer(status=409, body=b"an artifact of this name is there already")
        for one in same:
            fake.artifacts.remove(one)
        fake.add_artifact(name, request.body, run=run)
        return Answer(status=201)

    return answer
