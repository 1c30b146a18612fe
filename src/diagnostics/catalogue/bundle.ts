import { diagnostic, text } from "../define.ts";
import type { Pages } from "../page.ts";

export const PLN5020 = diagnostic("PLN5020", {
  severity: "error",
  messages: {
    default: text`${"folder"} is a file; a bundle is a folder`,
    link: text`${"folder"} is a symbolic link; a bundle is a folder of its own`,
    other: text`${"folder"} is a device, a socket or a pipe; a bundle is a folder`,
  },
  help: "give the folder with --out, or move away what lies there",
});

export const PLN5021 = diagnostic("PLN5021", {
  severity: "error",
  messages: {
    default: text`cannot write ${"path"}: ${"why"}`,
    read: text`cannot read ${"path"}: ${"why"}`,
  },
  help: "nothing was changed; make room or give a folder that you may write with --out",
});

export const PLN5022 = diagnostic("PLN5022", {
  severity: "error",
  messages: {
    default: text`${"folder"} is not a bundle: it holds ${"names"}`,
    lock: text`${"folder"}/plan.lock.json is not as planc wrote it, so planc cannot tell its own files in ${"folder"}`,
  },
  help: "give a folder that is empty or not there yet with --out, or move these files away",
});

export const PLN5023 = diagnostic("PLN5023", {
  severity: "error",
  messages: {
    default: text`${"path"} was changed since planc wrote it`,
    foreign: text`${"path"} was not written by planc, and the bundle has a file of that name`,
    kind: text`${"path"} is not a file that planc wrote: it is a folder, a link or something else in the way of one`,
  },
  help: "move it away, or delete it to have planc's own again; nothing was changed",
});

export const PLN5024 = diagnostic("PLN5024", {
  severity: "error",
  messages: { default: text`${"folder"} is the bundle of ${"other"} already` },
  help: "give each plan a name of its own",
});

export const PLN5025 = diagnostic("PLN5025", {
  severity: "error",
  messages: {
    default: text`${"folder"} holds files of two compilations: putting ${"path"} in its place failed: ${"why"}`,
    remove: text`${"folder"} holds files of two compilations: removing ${"path"} failed: ${"why"}`,
  },
  help: "compile again once the cause is gone; planc knows these files for its own and finishes the work",
});

export const PLN5026 = diagnostic("PLN5026", {
  severity: "error",
  messages: { default: text`another planc (process ${"pid"}) is writing ${"folder"}` },
  help: "compile again when it has ended; nothing was changed",
});

export const pages = {
  PLN5020: {
    title: "the output folder is something else",
    docs: `A plan compiles to a folder. planc makes it, or writes into the one that it made before; it never replaces
something else, and it does not write through a symbolic link, which may lead where nobody expects it. A folder above
may be a link.

Wrong:

\`\`\`console
$ touch bundle
$ planc compile plan.yaml --out bundle
\`\`\`

Right:

\`\`\`console
$ planc compile plan.yaml --out bundles/first
\`\`\``,
  },
  PLN5021: {
    title: "the output folder cannot be written",
    docs: `The system refused to read or write a file of the bundle: a folder without write permission, a read-only
file system, a full disk. planc prepares every file before it puts the first in its place, so an earlier bundle is as it
was.

Wrong:

\`\`\`console
$ planc compile plan.yaml --out /usr/share/bundle
\`\`\`

Right:

\`\`\`console
$ planc compile plan.yaml --out ~/bundle
\`\`\``,
  },
  PLN5022: {
    title: "the output folder holds something else than a bundle",
    docs: `planc writes into a folder that does not exist, that is empty, or that holds a bundle. A bundle is known by its
\`plan.lock.json\`, which names every file that planc wrote and its digest. Your own files beside those of a bundle stay
as they are; a folder of your own is not turned into a bundle.

Wrong:

\`\`\`console
$ planc compile plan.yaml --out .
\`\`\`

Right:

\`\`\`console
$ planc compile plan.yaml --out bundle
\`\`\`

Where \`plan.lock.json\` itself was edited or holds the marks of a merge, remove the whole folder and compile again.`,
  },
  PLN5023: {
    title: "a file in the bundle is not planc's",
    docs: `\`plan.lock.json\` holds the digest of every file that planc wrote. A file that has another one by now holds
work of yours, and planc does not overwrite it. Changes that should last belong into the plan, or into a copy of the file
under another name.

Wrong:

\`\`\`console
$ $EDITOR generated/job/train.py
$ planc compile job.yaml
\`\`\`

Right:

\`\`\`console
$ cp generated/job/train.py generated/job/my_train.py
$ $EDITOR generated/job/my_train.py
$ planc compile job.yaml
\`\`\``,
  },
  PLN5024: {
    title: "two plans compile to one folder",
    docs: `A bundle's folder has the name of its plan. Two plans of one name, compiled in one call, would write the same
folder one after the other.

Wrong:

\`\`\`console
$ grep name: a.yaml b.yaml
a.yaml:name: job
b.yaml:name: job
$ planc compile a.yaml b.yaml
\`\`\`

Right:

\`\`\`console
$ grep name: a.yaml b.yaml
a.yaml:name: job-a
b.yaml:name: job-b
$ planc compile a.yaml b.yaml
\`\`\``,
  },
  PLN5025: {
    title: "writing a bundle stopped half-way",
    docs: `Every file was prepared and some were in their places when the system refused to rename the next one, or
to remove one that the plan no longer has. That is rare: permissions and a full disk show up before. The bundle must not be used as it is.

Wrong:

\`\`\`console
$ chattr +i generated/job/train.py
$ planc compile job.yaml
\`\`\`

Right:

\`\`\`console
$ chattr -i generated/job/train.py
$ planc compile job.yaml
\`\`\``,
  },
  PLN5026: {
    title: "another planc writes this bundle",
    docs: `Two compilations into one folder at the same time would leave files of both. planc waits some seconds for the
other to end before it says this. A process that was killed while it wrote holds nobody up, unless its number has gone to
another one since; ten minutes later that does not count any more.

Wrong:

\`\`\`console
$ planc compile a.yaml --out bundle & planc compile b.yaml --out bundle
\`\`\`

Right:

\`\`\`console
$ planc compile a.yaml --out bundle-a & planc compile b.yaml --out bundle-b
\`\`\``,
  },
} satisfies Pages;
