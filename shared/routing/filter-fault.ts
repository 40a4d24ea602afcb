/** Why a filter cannot be compiled: told with the place in the table. */
export class FilterFault extends Error {
  override readonly name = "FilterFault";
  /** Where inside the filter, as a path; empty for the filter as a whole. */
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}
