/**
 * The pipeline on one page: read → bind → solve → check → lower → emit. Every stage returns a value and diagnostics;
 * none throws for a user's mistake and none prints. The command line and the editor call the same functions.
 */
