import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import {
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import type { CompletionItem, CompletionList, Diagnostic, Hover, MarkupContent } from "vscode-languageserver-protocol";
import { root } from "../../scripts/root.ts";

const server = createRequire(import.meta.url).resolve("yaml-language-server/bin/yaml-language-server");

/** What an editor's settings file says, as the server asks for it: section → value. */
type Settings = Readonly<Record<string, unknown>>;

/** The YAML language server that editors run, started on the repository as they start it. */
export class LanguageServer {
  private readonly published = new Map<string, Diagnostic[]>();
  private readonly waiting = new Map<string, () => void>();
  private opened = 0;

  private constructor(
    private readonly child: ChildProcess,
    private readonly connection: MessageConnection,
  ) {}

  static async start(settings: Settings): Promise<LanguageServer> {
    const child = spawn(process.execPath, [server, "--stdio"], { stdio: ["pipe", "pipe", "ignore"] });
    const connection = createMessageConnection(
      new StreamMessageReader(child.stdout),
      new StreamMessageWriter(child.stdin),
    );
    const started = new LanguageServer(child, connection);
    connection.onRequest("workspace/configuration", ({ items }: { items: { section?: string }[] }) =>
      items.map(({ section = "" }) => sectionOf(settings, section)),
    );
    connection.onRequest("client/registerCapability", () => null);
    connection.onNotification(
      "textDocument/publishDiagnostics",
      (event: { uri: string; diagnostics: Diagnostic[] }) => {
        started.published.set(event.uri, event.diagnostics);
        started.waiting.get(event.uri)?.();
      },
    );
    connection.listen();
    const uri = pathToFileURL(root).href;
    await connection.sendRequest("initialize", {
      processId: process.pid,
      rootUri: uri,
      workspaceFolders: [{ uri, name: "planc" }],
      capabilities: {
        workspace: { configuration: true, workspaceFolders: true },
        textDocument: {
          completion: { completionItem: { snippetSupport: true, documentationFormat: ["markdown"] } },
          hover: { contentFormat: ["markdown"] },
        },
      },
    });
    await connection.sendNotification("initialized", {});
    return started;
  }

  /** Opens a text as a file of the repository and waits for what the server finds in it. */
  async open(path: string, text: string): Promise<{ readonly uri: string; readonly diagnostics: Diagnostic[] }> {
    this.opened += 1;
    const uri = pathToFileURL(`${root}${path}`).href;
    const found = new Promise<void>((resolve) => this.waiting.set(uri, resolve));
    const textDocument = { uri, languageId: "yaml", version: this.opened, text };
    await this.connection.sendNotification("textDocument/didOpen", { textDocument });
    await found;
    return { uri, diagnostics: this.published.get(uri) ?? [] };
  }

  async hover(uri: string, line: number, character: number): Promise<string> {
    const hover = await this.connection.sendRequest<Hover | null>("textDocument/hover", at(uri, line, character));
    return hover === null ? "" : (hover.contents as MarkupContent).value;
  }

  async complete(uri: string, line: number, character: number): Promise<string[]> {
    const answer = await this.connection.sendRequest<CompletionList | CompletionItem[] | null>(
      "textDocument/completion",
      at(uri, line, character),
    );
    const items = Array.isArray(answer) ? answer : (answer?.items ?? []);
    return items.map(({ label }) => label);
  }

  async stop(): Promise<void> {
    await this.connection.sendRequest("shutdown");
    await this.connection.sendNotification("exit");
    this.connection.dispose();
    this.child.kill();
  }
}

function at(uri: string, line: number, character: number) {
  return { textDocument: { uri }, position: { line, character } };
}

/** `yaml` of `{ "yaml.validate": true }` is `{ validate: true }`. */
function sectionOf(settings: Settings, section: string): unknown {
  const inner = Object.entries(settings).filter(([key]) => key.startsWith(`${section}.`));
  return inner.length === 0
    ? null
    : Object.fromEntries(inner.map(([key, value]) => [key.slice(section.length + 1), value]));
}

export function workspaceSettings(): Settings {
  return JSON.parse(readFileSync(`${root}.vscode/settings.json`, "utf8"));
}
