/** What a template's place and name say about it: `templates/trainers/trl/train.py.ejs` is Python and written from a `TrainView`. */
export interface Template {
  /** Path from the repository's root. */
  readonly file: string;
  readonly text: string;
  readonly language: Language;
  /** `Train`: the view is `TrainView`, the function `renderTrain`. */
  readonly name: string;
  /** The source file that exports the view's interface, from the repository's root. */
  readonly viewFile: string;
}

/** A language that templates are written in: its literal writer for `<%= %>`, and what `<%- %>` may call. */
export interface Language {
  /** Module in `src/text/` and the function in it that writes literals. */
  readonly writer: string;
  /** Function → module in `src/text/`: writers for places where no literal can stand. */
  readonly helpers: Readonly<Record<string, string>>;
}

/** By the extension before `.ejs`. */
export const languages: Readonly<Record<string, Language>> = {
  py: {
    writer: "python",
    helpers: { assignment: "python", comment: "python", entry: "python", identifier: "python" },
  },
  sh: {
    writer: "shell",
    helpers: { comment: "python", directive: "sbatch", requirement: "requirement", variable: "shell" },
  },
  txt: { writer: "requirement", helpers: {} },
  md: { writer: "markdown", helpers: { code: "markdown" } },
  yaml: { writer: "yaml", helpers: { comment: "python", shell: "shell" } },
};

/**
 * Folder of templates → folder of their views. None bears the name of a Python package at the top, where `templates/` is on
 * a path of Python's: `templates/transformers` would be one.
 */
const viewFolders: Readonly<Record<string, string>> = {
  "templates/bundle": "src/bundle",
  "templates/engines/transformers": "src/engines/transformers/files",
  "templates/trainers/trl": "src/trainers/trl/files",
  "templates/convert": "src/convert",
  "templates/schedulers": "src/schedulers",
  "templates/schedulers/skypilot": "src/schedulers/skypilot",
  "templates/schedulers/slurm": "src/schedulers/slurm",
};

export function describeTemplate(file: string, text: string): Template {
  const match = /(?:^|\/)([A-Za-z][A-Za-z0-9_-]*)\.(?:[a-z0-9]+\.)*([a-z0-9]+)\.ejs$/.exec(file);
  const [, stem = "", extension = ""] = match ?? [];
  const language = languages[extension];
  if (language === undefined) {
    throw new Error(
      `${file}: name it <name>.<${Object.keys(languages).join("|")}>.ejs, so that its literals have a language`,
    );
  }
  const viewFolder = viewFolders[file.slice(0, file.lastIndexOf("/"))];
  if (viewFolder === undefined) throw new Error(`${file}: no views belong to this folder of templates`);
  const lower = stem.toLowerCase();
  const name = lower.replace(/(?:^|[_-])([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return { file, text, language, name, viewFile: `${viewFolder}/${lower}.ts` };
}
