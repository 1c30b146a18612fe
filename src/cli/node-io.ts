import type { Io, Stream } from "./io.ts";
import { lookOf } from "./look.ts";
import { nodeHost } from "./node-host.ts";

/** The process's own streams and files. */
export function nodeIo(): Omit<Io, "stacks"> {
  return {
    host: nodeHost,
    env: process.env,
    stdin: {
      // Looked at when it is asked for: opening a stream on it costs time that most runs need not spend.
      get isTerminal() {
        return process.stdin.isTTY === true;
      },
      read: readInput,
    },
    stdout: streamOf(process.stdout),
    stderr: streamOf(process.stderr),
  };
}

async function readInput(most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > most) break;
  }
  return Buffer.concat(chunks);
}

function streamOf(stream: NodeJS.WriteStream): Stream {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // A reader that has seen enough (`planc explain … | head`) is no mistake.
    if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
    if (stream === process.stdout) process.stderr.write(`error: cannot write the output: ${error.message}\n`);
    process.exit(2);
  });
  return { look: lookOf(stream, process.env), write: (text) => void stream.write(text) };
}
