"""The options that dbt's commands have, as they stand behind the command.

Source: ``dbt COMMAND --help`` of dbt-core 1.11; a test compares them with the real dbt.
"""

from __future__ import annotations

_COMMON = frozenset(
    {
        "--defer-state", "--deprecated-defer", "--deprecated-favor-state", "--deprecated-no-print",
        "--deprecated-print", "--deprecated-state", "--indirect-selection", "--log-file-max-bytes",
        "--log-format", "--log-format-file", "--log-level", "--log-level-file", "--log-path",
        "--partial-parse-file-path", "--printer-width", "--profile", "--profiles-dir", "--project-dir",
        "--record-timing-info", "--state", "--target", "--vars", "--version",
        "--warn-error", "--warn-error-options", "-V", "-d", "-q", "-r", "-t", "-v", "-x",
    }
)  # fmt: skip
# These can be switched off, too: `--no-defer`.
_SWITCHES = frozenset(
    {
        "--cache-selected-only", "--debug", "--defer", "--fail-fast", "--favor-state",
        "--log-cache-events", "--macro-debugging", "--partial-parse", "--partial-parse-file-diff",
        "--populate-cache", "--print", "--quiet", "--send-anonymous-usage-stats",
        "--show-all-deprecations", "--single-threaded", "--static-parser",
        "--upload-to-artifacts-ingest-api", "--use-colors", "--use-colors-file",
        "--use-experimental-parser", "--use-fast-test-edges", "--version-check", "--write-json",
    }
)  # fmt: skip
_SELECT = frozenset({"--exclude", "--model", "--models", "--select", "--selector", "-m", "-s"})
_TYPES = frozenset(
    {
        "--exclude-resource-type", "--exclude-resource-types", "--resource-type", "--resource-types",
    }
)  # fmt: skip
_TARGET_PATH = frozenset({"--target-path"})
_THREADS = _TARGET_PATH | {"--threads"}
_COMPILING = _THREADS | {"--sqlparse"}
_REFRESH = frozenset({"--full-refresh", "-f"})
_TIMES = frozenset({"--event-time-end", "--event-time-start", "--sample"})
_EMPTY = frozenset({"--empty", "--no-empty"})
_LIST = _SELECT | _TYPES | _TARGET_PATH | {"--output", "--output-keys"}
_FRESHNESS = _SELECT | _COMPILING | {"--output", "-o"}
_INTROSPECT = frozenset({"--introspect", "--no-introspect"})
_INLINE = _SELECT | _COMPILING | _REFRESH | _INTROSPECT | {"--inline", "--output"}
_OWN: dict[str, frozenset[str]] = {
    "build": _SELECT | _TYPES | _COMPILING | _REFRESH | _TIMES | _EMPTY | {
        "--export-saved-queries", "--include-saved-query", "--no-export-saved-queries",
        "--no-include-saved-query", "--show", "--store-failures",
    },
    "clean": _TARGET_PATH | {"--clean-project-files-only", "--no-clean-project-files-only"},
    "clone": _SELECT | _TYPES | _THREADS | _REFRESH,
    "compile": _INLINE | _EMPTY | {"--inject-ephemeral-ctes", "--no-inject-ephemeral-ctes"},
    "debug": frozenset({"--config-dir", "--connection"}),
    "deps": frozenset({"--add-package", "--lock", "--source", "--upgrade"}),
    "docs generate": _SELECT | _COMPILING | {
        "--compile", "--empty-catalog", "--no-compile", "--static",
    },
    "list": _LIST,
    "ls": _LIST,
    "parse": _THREADS,
    "retry": _THREADS | _REFRESH,
    "run": _SELECT | _COMPILING | _REFRESH | _TIMES | _EMPTY,
    "run-operation": _THREADS | {"--args"},
    "seed": _SELECT | _COMPILING | _REFRESH | {"--show"},
    "show": _INLINE | {"--inline-direct", "--limit"},
    "snapshot": _SELECT | _COMPILING | _EMPTY,
    "source freshness": _FRESHNESS,
    "source snapshot-freshness": _FRESHNESS,
    "test": _SELECT | _TYPES | _COMPILING | {"--store-failures"},
}  # fmt: skip
_NEGATED = frozenset(f"--no-{switch[2:]}" for switch in _SWITCHES)


def options_of(command: str) -> frozenset[str]:
    """All that a command of :data:`runner.steps.COMMANDS` takes."""
    return _COMMON | _SWITCHES | _NEGATED | _OWN[command]
