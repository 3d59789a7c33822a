/** Passes on what the server logs, each line at its own level. Knows no editor. */

/** Where the lines go: an output channel of the editor is one. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

const LINE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ (DEBUG|INFO|WARNING|ERROR|CRITICAL) (.*)$/;

/** A reader of lines; what follows a line without a level of its own belongs to that line. */
export function serverLog(log: Log): (line: string) => void {
  let write = (message: string) => log.info(message);
  return (line) => {
    const [, level, message = line] = LINE.exec(line) ?? [];
    if (level === "DEBUG") write = (text) => log.debug(text);
    else if (level === "INFO") write = (text) => log.info(text);
    else if (level === "WARNING") write = (text) => log.warn(text);
    else if (level !== undefined) write = (text) => log.error(text);
    write(message);
  };
}
