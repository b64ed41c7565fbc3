"""Mutation testing: what a small change to the law, to decisions, to the register or the ledger would go unnoticed.

mutmut makes the mutants; each is run in a process of its own on the tests that reach the function changed. This chooses
the tests of each package, leaves out what only changes a sentence, draws a sample, and prints the score.

    python -m bench.mutants [PACKAGE ...] [--share 1] [--seed 2016] [--children 1]
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import json
import math
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

TESTS = {
    "agreement": ["standing_*", "record", "clock", "variants", "analysis"],
    "decision": ["decision*"],
    "table": [
        "table",
        "table_masks",
        "table_columns",
        "table_cases",
        "table_renewed::test_a_suspension_touches_the_lanes_of_its_parties_alone",
        "table_renewed::test_a_consent_touches_the_lanes_to_whom_it_names",
        "table_renewed::test_items_and_persons_stay_interned_under_their_numbers",
        "table_renewed::test_an_item_of_the_old_table_is_asked_about_in_the_new_one",
        "table_renewed::test_other_texts_or_authorities_compile_everything",
        "table_renewed::test_a_party_that_only_a_text_names_is_judged_by_its_own_column",
        *(f"table_renewed::test_a_renewed_table_answers_as_one_compiled_anew[{seed}]" for seed in range(4)),
        "table_cells::test_every_cell_is_what_the_reference_says[hole]",
        "table_cells::test_every_cell_is_what_the_reference_says[aut-cyp-2014]",
        "table_cells::test_every_cell_is_what_the_reference_says[eu-usa-rowless]",
        *(f"table_worlds::test_readings_knowledge_and_unknown_recipients[{seed}]" for seed in range(5)),
    ],
    "proof": [
        "proof*",
        "table_cli",
        "-proof::test_everything_holds_for_the_variants[nato-1997]",
        "-proof::TestOwnProperties::test_it_agrees_with_the_reference_evaluator_asked_everything",
        "-proof_random",
    ],
    "survey": [
        "survey*",
        "golden",
        "table_cli",
        "-survey::test_the_survey_is_what_the_reference_evaluator_says[tlp-community]",
        "-survey::test_the_survey_is_what_the_reference_evaluator_says[health-dua]",
    ],
    "difference": [
        "difference*",
        "cli_diff",
        *(f"-difference::test_every_combination_of_random_texts_as_the_reference_has_it[{n}]" for n in (0, 3, 4, 5)),
        "-difference::test_every_combination_of_the_variants_as_the_reference_has_it[hole-2020-01-01T00:00Z]",
        "-difference::test_a_stricter_rule_of_the_senders_own_is_cited_where_it_bites",
    ],
    "register": ["controls", "controls_*", "register", "register_*"],
    "ledger": [
        "ledger",
        "ledger_*",
        "mldsa",
        "witness::TestCore",
        "witness::test_forks_and_rollbacks_are_refused_and_honest_heads_never[0]",
        "tiles",
        "-tiles::test_a_nodes_ledger_is_published_goes_on_and_verifies",
        "-tiles::test_without_entries_nothing_is_said_of_what_was_exchanged",
        "-tiles::test_what_is_published_is_never_taken_back",
        "-tiles::test_a_ledger_that_was_rolled_back_or_rewritten_is_refused",
        "-tiles::test_an_empty_ledger_and_files_that_are_not_there",
        "-tiles::test_the_command_line_publishes_and_verifies",
    ],
}
"""The tests that speak of a package, without those of properties: they are slow, and what they find is chance.

A name may be that of one test of a file; what begins with `-` is left out: it takes seconds, and others look at
the same.
"""
FILES = {
    "agreement": "src/relto/core/agreement/*.py",
    "decision": "src/relto/core/decision/*.py",
    "table": "src/relto/core/decision/table/*.py",
    "proof": "src/relto/core/decision/proof/*.py",
    "survey": "src/relto/core/decision/survey/*.py",
    "difference": "src/relto/core/decision/difference/*.py",
    "register": "src/relto/core/register/*.py",
    "ledger": "src/relto/core/ledger/*.py",
}
WORK = Path("mutants")


def main() -> None:
    """Test the packages asked for, each in a process of its own."""
    parser = argparse.ArgumentParser(prog="bench.mutants", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("packages", nargs="*", help=f"of {', '.join(FILES)}; default: agreement decision")
    parser.add_argument("--share", type=float, default=1.0, help="of the mutants of each module; 1 for all")
    parser.add_argument("--seed", type=int, default=2016, help="of the sample")
    parser.add_argument("--mutant", action="append", default=[], help="only this one, by its name; may be given again")
    parser.add_argument("--children", type=int, default=1, help="mutants at a time")
    asked = parser.parse_args()
    packages = asked.packages or ["agreement", "decision"]
    if unknown := [one for one in packages if one not in FILES]:
        parser.error(f"unknown package {unknown[0]!r}: choose from {', '.join(FILES)}")
    if len(packages) > 1:
        options = [f"--share={asked.share}", f"--seed={asked.seed}", f"--children={asked.children}"]
        options += [f"--mutant={name}" for name in asked.mutant]
        done = [subprocess.run([sys.executable, "-m", "bench.mutants", one, *options], check=False) for one in packages]
        raise SystemExit(max(one.returncode for one in done))
    score(packages[0], asked.share, asked.seed, asked.children, frozenset(asked.mutant))


def score(package: str, share: float, seed: int, children: int, only: frozenset[str]) -> None:
    """Make the mutants of one package, run a sample of them (or `only` some), and print how they fared."""
    shutil.rmtree(WORK, ignore_errors=True)
    modules = sorted(Path().glob(FILES[package]))
    tests = [test for name in TESTS[package] for test in _tests(name)]
    if not tests:
        raise SystemExit(f"no tests speak of {package}")
    _make(modules, tests, children)
    chance, chosen, left_out = random.Random(seed), list[str](), 0
    for module in modules:
        names, sentences = _mutants(module)
        left_out += sentences
        chosen += only.intersection(names) if only else chance.sample(names, math.ceil(share * len(names)))
    fates = _run(chosen, tests, children)
    for name in sorted(name for name in chosen if fates[name] != "killed"):
        _show(name, fates[name])
    told: Counter[str] = Counter(fates.values())
    killed = told["killed"] + told["timeout"]
    figures = {"package": package, "share": share, "seed": seed, "left_out": left_out, "total": len(chosen), **told}
    print(json.dumps({**figures, "score": round(100 * killed / len(chosen), 1)}))


def _tests(name: str) -> Iterator[str]:
    """The files of a name, or the one test of a file that it names as well, as arguments of pytest."""
    pattern, colons, test = name.removeprefix("-").partition("::")
    for path in sorted(Path("tests").glob(f"test_{pattern}.py")):
        if not path.stem.endswith("_properties"):
            yield f"{'--deselect=' if name.startswith('-') else ''}{path}{colons}{test}"


def _make(modules: list[Path], tests: list[str], children: int) -> None:
    from mutmut import __main__ as mutmut
    from mutmut.configuration import config

    config().only_mutate = [str(path) for path in modules]
    config().pytest_add_cli_args_test_selection = tests
    WORK.mkdir()
    mutmut.copy_src_dir()
    mutmut.copy_also_copy_files()
    mutmut.create_mutants(children)


def _run(names: list[str], tests: list[str], children: int) -> dict[str, str]:
    from mutmut import __main__ as mutmut

    from bench.mutants_forks import run_forked

    mutmut.setup_source_paths()
    with contextlib.chdir(WORK):
        return run_forked(names, tests, children)


def _show(name: str, fate: str) -> None:
    from mutmut.mutation.diff_apply import find_mutant, get_diff_for_mutant

    print(f"# {name}: {fate}")
    print(get_diff_for_mutant(name, path=find_mutant(name).path))


def _mutants(module: Path) -> tuple[list[str], int]:
    """The names of the mutants of a module, and how many more only change a sentence."""
    dotted = ".".join(module.with_suffix("").parts[1:]).removesuffix(".__init__")
    functions = {
        node.name: node
        for node in ast.walk(ast.parse((WORK / module).read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and "__mutmut_" in node.name
    }
    names, sentences = [], 0
    for name, node in functions.items():
        if name.endswith("__mutmut_orig"):
            continue
        original = functions[name.rpartition("_")[0] + "_orig"]
        if any(_is_sentence(was) for was in _changed(original.body, node.body)):
            sentences += 1
        else:
            names.append(f"{dotted}.{name}")
    return names, sentences


def _is_sentence(node: object) -> bool:
    """Whether it is words for people: a literal with a space in it, or one that is formatted."""
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
    )


def _changed(was: object, now: object) -> Iterator[object]:
    """The smallest parts of a tree that another one does not have in their place."""
    if isinstance(was, list) and isinstance(now, list):
        if len(was) == len(now):
            for one, other in zip(was, now, strict=True):
                yield from _changed(one, other)
        else:
            kept = [ast.dump(one) for one in now]
            yield from [one for one in was if ast.dump(one) not in kept] or was
    elif isinstance(was, ast.AST) and type(was) is type(now) and not isinstance(was, ast.Constant | ast.JoinedStr):
        for name in was._fields:
            yield from _changed(getattr(was, name), getattr(now, name))
    elif isinstance(was, ast.AST) and isinstance(now, ast.AST):
        if ast.dump(was) != ast.dump(now):
            yield was
    elif was != now:
        yield was


if __name__ == "__main__":
    main()
