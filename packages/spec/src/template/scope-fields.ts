/** What may follow a variable at the root, for those whose fields are fixed. */
export const rootFields: { readonly [root: string]: readonly string[] } = {
  run: ['id', 'dir', 'outputs'],
  job: ['dir'],
};

export const needFields = ['output', 'items', 'files', 'exit_code', 'stderr', 'status', 'error'] as const;
