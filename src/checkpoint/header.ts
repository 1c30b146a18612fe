import type { Case, Examples } from "../diagnostics/case.ts";
import { PLN2101, PLN2102, PLN2103, PLN2104 } from "../diagnostics/catalogue/checkpoint-files.ts";
import { PLN1001 } from "../diagnostics/catalogue/source.ts";
import type { Diagnostic, Result } from "../diagnostics/diagnostic.ts";
import type { Host } from "../host.ts";
import { fileStart, type Location } from "../text/location.ts";
import { count } from "../text/words.ts";
import { Malformed, shown } from "./scanner.ts";
import { type StoredTensor, tensorsOf } from "./tensors.ts";

/** The reference parser's own limit, in bytes. */
export const maxHeader = 100_000_000;

/** Bytes in front of the header: its length, an unsigned number of 64 bits. */
const prefix = 8;

/** What a safetensors file says of itself. */
export interface Header {
  /** In the order of the header's text. */
  readonly tensors: readonly StoredTensor[];
  /** Of the file, in bytes. */
  readonly size: number;
}

/**
 * The header of a safetensors file, proved to describe the whole of it: no hole, no overlap, nothing left over. Only the
 * header is read. Whatever the reference parser refuses is refused; so are duplicate names, unknown fields and leading
 * whitespace.
 */
export function readHeader(host: Host, file: string): Result<Header> {
  const place = fileStart(file);
  const fail = (diagnostic: Diagnostic) => ({ value: undefined, diagnostics: [diagnostic] });
  const stat = host.stat(file);
  if (!stat.ok) return fail(PLN1001(place, { file, why: stat.why }));
  if (stat.kind === "folder") return fail(PLN1001(place, { file }, { variant: "folder" }));
  if (stat.kind === "other") return fail(PLN1001(place, { file }, { variant: "special" }));
  const { size } = stat;
  const first = host.readAt(file, 0, prefix);
  if (!first.ok) return fail(PLN1001(place, { file, why: first.why }));
  if (first.bytes.length < prefix) {
    return fail(PLN2103(place, { file, size: count(size) }, { variant: "tiny" }));
  }
  const view = new DataView(first.bytes.buffer, first.bytes.byteOffset, prefix);
  const length = view.getBigUint64(0, true);
  if (length > maxHeader) {
    // A file that is something else gives absurd lengths here.
    return fail(PLN2102(place, { file, length: grouped(length), limit: count(maxHeader) }));
  }
  const dataStart = prefix + Number(length);
  const cut = { file, end: count(dataStart), size: count(size) };
  if (dataStart > size) return fail(PLN2103(place, cut));
  const read = host.readAt(file, prefix, Number(length));
  if (!read.ok) return fail(PLN1001(place, { file, why: read.why }));
  if (read.bytes.length < Number(length)) return fail(PLN2103(place, cut));
  try {
    const tensors = tensorsOf(textOf(read.bytes));
    const gap = gapOf(tensors, dataStart, size, file, place);
    return gap === undefined ? { value: { tensors, size }, diagnostics: [] } : fail(gap);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return fail(PLN2101(place, { file, what: error.message }));
  }
}

function textOf(bytes: Uint8Array): string {
  // What begins otherwise is not worth decoding: it may be a hundred megabytes of anything.
  if (bytes[0] !== 0x7b) throw new Malformed("its header does not begin with {");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Malformed("its header is no UTF-8 text");
  }
}

/** Where the tensors, in the order of their bytes, do not fill the file from the start of the data to its end. */
function gapOf(tensors: readonly StoredTensor[], dataStart: number, size: number, file: string, place: Location) {
  let end = 0;
  for (const tensor of [...tensors].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (tensor.begin !== end) {
      const values = { file, tensor: shown(tensor.name), begin: grouped(tensor.begin), end: grouped(end) };
      return PLN2104(place, values, { variant: tensor.begin < end ? "overlap" : "default" });
    }
    end = tensor.end;
  }
  const values = { file, end: grouped(dataStart + end), size: count(size) };
  if (dataStart + end > size) return PLN2103(place, values, { variant: "tensors" });
  if (dataStart + end < size) return PLN2104(place, values, { variant: "surplus" });
  return undefined;
}

/** `count` for numbers that may be too large for it. */
function grouped(value: number | bigint): string {
  return String(BigInt(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

export const examples: Examples = {
  PLN2104: {
    config: "toy",
    files: {},
    json: { header: "model/model.safetensors" },
    right: { partial: ["PLN2112", "PLN2120", "PLN2121"] },
  },
};

export const cases: readonly Case[] = [
  {
    name: "files that have no header",
    config: "toy",
    files: {
      "model/model.safetensors.index.json":
        '{"weight_map": {"a": "a.safetensors", "b": "b.safetensors", "c": "c.safetensors", "d": "d.safetensors"}}',
      "model/a.safetensors": { header: '{"a":1}' },
      "model/b.safetensors": { base64: "//////////8=" },
      "model/c.safetensors": { base64: "e30=" },
      "model/d.safetensors": { base64: "ZAAAAAAAAAB7fQ==" },
    },
    plan: `
#@ model/a.safetensors 1:[01:01) PLN2101 model/a.safetensors is no safetensors file: a is not described by dtype, shape and data_offsets alone
#@   help: copy or download the file again
#@ model/b.safetensors 1:[01:01) PLN2102 model/b.safetensors is no safetensors file: its header would have 18,446,744,073,709,551,615 bytes, 100,000,000 are allowed
#@   help: see that it is a safetensors file, and not a pickle or an archive of that name
#@ model/c.safetensors 1:[01:01) PLN2103 model/c.safetensors is cut off: 2 bytes hold no safetensors header
#@   help: copy or download the file again
#@ model/d.safetensors 1:[01:01) PLN2103 model/d.safetensors is cut off: its header ends at byte 108 of 10
#@   help: copy or download the file again
`,
  },
  {
    name: "headers that do not describe their file",
    config: "toy",
    files: {
      "model/model.safetensors.index.json":
        '{"weight_map": {"a": "a.safetensors", "b": "b.safetensors", "c": "c.safetensors", "d": "d.safetensors"}}',
      "model/a.safetensors": { header: '{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}', data: 3 },
      "model/b.safetensors": { header: '{"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}', data: 6 },
      "model/c.safetensors": {
        header:
          '{"c":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"e":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}',
        data: 6,
      },
      "model/d.safetensors": { header: '{"d":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}', data: 5 },
    },
    plan: `
#@ model/a.safetensors 1:[01:01) PLN2103 model/a.safetensors is cut off: its tensors end at byte 65 of 64
#@   help: copy or download the file again
#@ model/b.safetensors 1:[01:01) PLN2104 model/b.safetensors has a hole: b begins at byte 2 of the data, the tensor before it ends at 0
#@   help: copy or download the file again
#@ model/c.safetensors 1:[01:01) PLN2104 model/c.safetensors has tensors that overlap: e begins at byte 2 of the data, before 4
#@   help: copy or download the file again
#@ model/d.safetensors 1:[01:01) PLN2104 model/d.safetensors has bytes that belong to no tensor: its tensors end at byte 65 of 66
#@   help: copy or download the file again
`,
  },
  {
    name: "one that does",
    shows: "nothing",
    config: "toy",
    files: { "model/model.safetensors": { toy: ["per_expert", "per_expert"] } },
    plan: `
`,
  },
];
