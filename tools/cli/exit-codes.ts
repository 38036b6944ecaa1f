/** What a command's exit code says, for help, the man page and the reference. */
export const exitCodes = {
  "0": "done, also with nothing to do",
  "1": "ran, something needs a person",
  "2": "wrong usage, wrong configuration or a defect",
} as const;
