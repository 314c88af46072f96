/** What the receiver of docs/webhooks.md leaves to its reader. */
declare function keep(id: unknown, message: unknown): Promise<void>;
