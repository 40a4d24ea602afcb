/** Connection strings of what all carriers share. */
export interface Services {
  readonly serviceBus: string;
  readonly serviceBusAdmin: string;
  readonly tables: string;
}
