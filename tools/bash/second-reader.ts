import type { SecondReading } from "../pkgbuild/second-reading/second-reading.ts";

/**
 * Reads shell scripts with another program, so that a verdict doesn't rest on one grammar alone.
 *
 * Nothing of a text is executed. Texts are strangers': whatever they hold, the others of the same call are read.
 */
export interface SecondReader {
  /**
   * What each text consists of, by the text. A text that our own grammar doesn't read has no second reading, and
   * one on which the two don't even agree where commands begin has one without commands.
   *
   * @throws SluiceError `second-reader` where the program itself can't be run.
   */
  read(texts: Iterable<string>): Promise<ReadonlyMap<string, SecondReading>>;
}
