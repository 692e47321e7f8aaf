const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const folder = process.env.INPUT_PATH;
const kept = path.join(process.env.E2E_CACHE, process.env.INPUT_KEY);
fs.mkdirSync(path.dirname(folder), { recursive: true });
let hit = true;
if (fs.existsSync(kept)) execFileSync("cp", ["-a", kept, folder]);
else if (process.env.INPUT_KEY.includes("-dbt-")) fs.symlinkSync(process.env.E2E_DBT, folder); // the tests' own
else hit = false;
fs.appendFileSync(process.env.GITHUB_OUTPUT, `cache-hit=${hit}\n`);
