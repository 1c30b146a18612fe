/** `name` or `owner/name`, as `huggingface_hub` accepts them. */
const names = /^(?:\b[\w.-]{1,96}\b\/)?\b[\w.-]{1,96}\b$/;

/**
 * Whether a name may be that of a repository on the Hub. The stack's loaders take a folder of that name first, where
 * there is one; every other name can only be a path.
 */
export function mayBeHubId(name: string): boolean {
  return names.test(name) && !/--|\.\./.test(name) && !name.endsWith(".git");
}

/** Whether it is taken for one where no folder is looked for: a name without an owner as well is often a folder's. */
export function isHubId(name: string): boolean {
  return name.includes("/") && mayBeHubId(name);
}
