// Reads a JSON list of diagrams; writes for each what mermaid says: {"type", "labels", "edges"} or {"error"}.
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";

const { window } = new JSDOM();
Object.assign(globalThis, { window, document: window.document });
const { default: mermaid } = await import("mermaid");
mermaid.initialize({ startOnLoad: false, securityLevel: "strict" });

const labels = (db) =>
  db.getVertices
    ? [...db.getVertices().values()].map((vertex) => vertex.text)
    : db.getTasks().map((task) => task.task);

const answers = [];
for (const text of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    const { type, db } = await mermaid.mermaidAPI.getDiagramFromText(text);
    answers.push({ type, labels: labels(db), edges: db.getEdges?.().length ?? 0 });
  } catch (error) {
    answers.push({ error: String(error) });
  }
}
process.stdout.write(JSON.stringify(answers));
