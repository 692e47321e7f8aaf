const fs = require("node:fs");
const path = require("node:path");

const { INPUT_PATH: folder, INPUT_KEY: key, E2E_DBT: dbt, E2E_CACHE: cache } = process.env;
// The dbt that all tests share, or what an earlier job has left.
const kept = key.includes("-dbt-") ? dbt : path.join(cache, key);
const hit = fs.existsSync(kept);
fs.mkdirSync(path.dirname(folder), { recursive: true });
if (hit) fs.symlinkSync(kept, folder);
fs.appendFileSync(process.env.GITHUB_OUTPUT, `cache-hit=${hit}\n`);
