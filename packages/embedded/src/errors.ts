/** The two ways in which a private server does not come up, each with one line for the terminal. */

/** No program was found and none could be unpacked; the message says what to install, `cause` why unpacking failed. */
export class ServerUnavailable extends Error {
  override readonly name = 'ServerUnavailable';
}

/**
 * Why a server that was found did not start: another one holds its data folder, the folder cannot be used, it is of
 * another major version, the server ended, or it never answered.
 */
export type NotStartedReason = 'data_folder_in_use' | 'folder_unusable' | 'wrong_version' | 'ended' | 'no_answer';

/** The program was found, but it does not serve; the message carries the end of what the server has printed. */
export class ServerNotStarted extends Error {
  override readonly name = 'ServerNotStarted';
  readonly reason: NotStartedReason;

  constructor(reason: NotStartedReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
