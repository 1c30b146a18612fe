import { type Diagnostic, type Fix, replaceWith } from "../diagnostics/diagnostic.ts";
import type { SchemaError } from "../generated/validate-plan.js";
import { type Path, showPath } from "../source/path.ts";
import { suggest } from "../text/suggest.ts";
import { show } from "../text/values.ts";
import { orList } from "../text/words.ts";

const typeNames: Readonly<Record<string, string>> = {
  integer: "a whole number",
  number: "a number",
  string: "text",
  boolean: "true or false",
  object: "a mapping",
  array: "a list",
};

const dnsLabel = "up to 63 lower-case letters, digits and '-'";
const dnsName = "lower-case letters, digits, '-' and '.'";
const labelValue = "up to 63 letters, digits, '-', '_' and '.'";

/** What a pattern wants, by the last key of its path. */
const patternNames: Readonly<Record<string, string>> = {
  name: "1 to 63 letters, digits, '.', '_' or '-', starting with a letter or digit",
  revision: "a commit, branch or tag name",
  max_shard_size: 'a size such as "5GB"',
  account: "a name without spaces",
  partition: "names of partitions with commas between",
  qos: "a name without spaces",
  reservation: "names of reservations with commas between",
  constraint: 'features such as "ib&h100"',
  exclude: 'nodes such as "node[07,12-14]"',
  time: 'a time such as "24:00:00", "1-12" for days and hours, or "90" for minutes',
  gres: 'GPUs of a node such as "gpu:8" or "gpu:h100:8"',
  mem: 'a size such as "900G", or "0" for all',
  "mail-user": "an address",
  "mail-type": 'events such as "END,FAIL"',
  fabric_env: "an absolute path",
  accelerators: 'GPUs such as "H100:8"',
  infra: 'a place such as "aws/us-east-1", "gcp" or "k8s/my-context"',
  cpus: 'a number such as "96+"',
  memory: 'a number of GB such as "900+"',
  image_id: "an image without spaces",
  secrets: "the name of a variable",
  source: 'a bucket such as "s3://my-bucket", or a path without spaces',
  "container-image": "an image without spaces",
  image: "an image without spaces",
  bundle: "the path of a folder from / on",
  namespace: dnsLabel,
  queueName: dnsLabel,
  gpuResource: 'a resource such as "nvidia.com/gpu"',
  claimName: dnsName,
  mountPath: "a path from / on, without colons",
  subPath: "a path that does not begin with /",
  key: "the key of a taint",
  value: labelValue,
  serviceAccountName: dnsName,
  imagePullSecrets: dnsName,
  envFrom: dnsName,
  priorityClassName: dnsName,
  runtimeRef: dnsLabel,
};

/** The same for a key of the scheduler, whatever is called so elsewhere, and for all that a free mapping holds. */
const patternNamesOf: Readonly<Record<string, string>> = {
  "cluster.scheduler.resources": 'a quantity such as 96, "500m" or "900Gi"',
  "cluster.scheduler.nodeSelector": labelValue,
  "cluster.scheduler.name": "up to 63 lower-case letters, digits and '-', starting with a letter",
};

/** What a key takes, in words. */
export function expectation({ keyword, params }: SchemaError, path: Path): string {
  switch (keyword) {
    case "type": {
      const types = [params["type"]].flat().map((type) => typeNames[String(type)] ?? String(type));
      const also = path.at(-1) === "base_model_ep_plan" ? ['"default"'] : isGpu(path) ? ["a mapping"] : [];
      return orList([...new Set([...types, ...also])]);
    }
    case "const":
      return path.at(-1) === "base_model_ep_plan"
        ? '"default" or a mapping of pattern: style'
        : show(params["allowedValue"]);
    case "enum":
      return orList([params["allowedValues"]].flat().map((value) => String(value)));
    case "minimum":
      return `at least ${params["limit"]}`;
    case "maximum":
      return `at most ${params["limit"]}`;
    case "minLength":
      return "text that is not empty";
    case "maxLength":
      return `at most ${params["limit"]} characters`;
    default:
      return path[1] === "versions"
        ? 'a release such as "5.24.0"'
        : (patternNamesOf[showPath(path.slice(0, 3))] ?? patternNames[nameIn(path)] ?? "another form");
  }
}

/** The last key of a path: that of a list for what stands in it. */
function nameIn(path: Path): string {
  return String(path.findLast((key) => typeof key === "string"));
}

/** Of its name and its figures, of which the validator tells the one alone. */
function isGpu(path: Path): boolean {
  return showPath(path) === "cluster.gpu";
}

/** What the value was probably meant to be. */
export function valueFixes(error: SchemaError, path: Path, value: unknown, place: Diagnostic["location"]): Fix[] {
  if (error.keyword === "type" && typeof value === "string") {
    const number = Number(value);
    const wanted = [error.params["type"]].flat();
    const fits = wanted.includes("integer") ? Number.isSafeInteger(number) : wanted.includes("number");
    if (value.trim() !== "" && Number.isFinite(number) && fits)
      return [replaceWith(place, number, "remove the quotes")];
  }
  if (error.keyword === "enum" && typeof value === "string") {
    const near = suggest(value, [error.params["allowedValues"]].flat().map(String));
    if (near !== undefined) return [replaceWith(place, near)];
  }
  // No GPU has a number for a name.
  if (error.keyword === "type" && typeof value === "number" && error.params["type"] === "string" && !isGpu(path)) {
    return [replaceWith(place, JSON.stringify(String(value)), "put it in quotes")];
  }
  return [];
}
