/** Which modules of `planc_runtime` a text names, and which files those are. */

/** What Python and shell do to a module: `-m` runs a package's `__main__`, an import does not. */
interface Named {
  readonly module: string;
  readonly isRun: boolean;
}

const imported = /^[ \t]*from (planc_runtime[\w.]*) import (\([^)]*\)|[^\n(]*)/gm;
const whole = /^[ \t]*import (planc_runtime[\w.]*)/gm;
/** A name in Python that is handed to `-m` or to `import_module`: a text of its own. */
const quoted = /"(planc_runtime(?:\.\w+)+)"/g;
const anywhere = /\bplanc_runtime(?:\.\w+)+/g;

/**
 * Paths of the files that a text reaches directly, packages around them included.
 *
 * @param path of the text: Python names modules in imports and in texts of their own, anything else anywhere.
 * @param isThere whether the runtime has a file.
 */
export function filesNamedIn(path: string, text: string, isThere: (path: string) => boolean): string[] {
  const names = path.endsWith(".py") ? namedInPython(text) : runs(text.match(anywhere) ?? []);
  return [...new Set(names.flatMap(filesOf))].filter((file) => file !== path && isThere(file));
}

/** Files that may hold a module: whoever asks knows which of them are there. */
export function filesOf({ module, isRun }: Named): string[] {
  const parts = module.split(".");
  const path = parts.join("/");
  const around = parts.map((_, depth) => `${parts.slice(0, depth + 1).join("/")}/__init__.py`);
  return [...around, `${path}.py`, ...(isRun ? [`${path}/__main__.py`] : [])];
}

function namedInPython(text: string): Named[] {
  const froms = [...text.matchAll(imported)].flatMap(([, base = "", list = ""]) => {
    // What is imported may be a module or a name in one.
    const inner = list.replace(/#.*$/gm, "").match(/\w+/g) ?? [];
    return [base, ...inner.map((name) => `${base}.${name}`)];
  });
  const wholes = [...text.matchAll(whole)].map(([, name = ""]) => name);
  const texts = [...text.matchAll(quoted)].map(([, name = ""]) => name);
  return [...[...froms, ...wholes].map((module) => ({ module, isRun: false })), ...runs(texts)];
}

function runs(names: readonly string[]): Named[] {
  return names.map((module) => ({ module, isRun: true }));
}
