"""`python -m gan rate new` and `rate summary`: results compared by people who do not know which is whose."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from gan.cli.common import DONE, Tasks
from gan.cli.told import tell


def add(tasks: Tasks) -> None:
    """The options."""
    task = tasks.add_parser("rate", help="compare results blindly, and count what was preferred")
    actions = task.add_subparsers(required=True, metavar="ACTION", dest="action")
    new = actions.add_parser(
        "new",
        help="make a folder with a page that shows results side by side, in random order, without names",
        description="Pictures of one name in all folders are shown together. Open rate.html in a browser: 1, 2, ... "
        "choose, 0 or the space bar says that none is better, the left arrow goes back. Save the ratings into the same "
        "folder; nothing is sent anywhere. Rate before you look at key.json.",
    )
    new.set_defaults(command=_new)
    new.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="results of the same pictures, or these")
    new.add_argument("-o", "--output", type=Path, required=True, metavar="SESSION", help="a new folder")
    new.add_argument("--seed", type=int, default=0, metavar="N", help="of the order (0)")
    new.add_argument("--longest", type=int, default=1600, metavar="PX", help="longer side as shown, at most (1600)")
    summary = actions.add_parser(
        "summary",
        help="wins, losses, ties and Bradley-Terry scores with 95%% intervals",
        description="A score is the logarithm of a strength, 0 on average; intervals take the choices for independent.",
    )
    summary.set_defaults(command=_summary)
    summary.add_argument("session", type=Path, metavar="SESSION", help="the folder that `rate new` made")
    summary.add_argument("ratings", nargs="*", type=Path, metavar="CSV", help="ratings that lie elsewhere")


def _new(arguments: argparse.Namespace) -> int:
    from gan.rate.session import PAGE, new_session

    count, left_out = new_session(
        arguments.folders, arguments.output, seed=arguments.seed, longest_px=max(64, arguments.longest)
    )
    page = arguments.output / PAGE
    for name in left_out:
        tell(f"{name}: not in every folder, or not readable; left out", event="left_out", picture=name)
    tell(f"{page}: {count} trials", file=page, trials=count, left_out=left_out)
    return DONE


def _summary(arguments: argparse.Namespace) -> int:
    from gan.rate.session import summarized

    made = summarized(arguments.session, arguments.ratings)
    wide = max(len("set"), *map(len, made.names))
    tell(f"{made.rated} choices by {made.raters} raters, {made.trials} trials")
    tell(f"{'set':<{wide}}  wins  losses  ties  score  95% interval     preferred to the average")
    order = sorted(zip(made.names, made.strengths, strict=True), key=lambda each: -each[1].score)
    for name, one in order:
        interval = f"{one.low:+.2f} to {one.high:+.2f}"
        line = f"{name:<{wide}}  {one.wins:>4}  {one.losses:>6}  {one.ties:>4}  {one.score:+.2f}  {interval:<15}"
        tell(f"{line}  {one.preferred:.0%}", event="set", name=name, **asdict(one), preferred=one.preferred)
    if made.imagined:
        tell("Some were never preferred to others: a tie between each two was added, so that scores stay finite.")
    tell(event="summary", rated=made.rated, raters=made.raters, trials=made.trials, imagined=made.imagined)
    return DONE
