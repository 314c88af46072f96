// Who asks. Where people have accounts, the shop signs tokens for them itself.

import { commitMutation, graphql } from 'relay-runtime';
import type { guestMutation } from './__generated__/guestMutation.graphql';
import { Visitor } from './environment';

/** A visitor with a guest's token. */
export async function newGuest(): Promise<Visitor> {
  const visitor = new Visitor();
  visitor.token = await new Promise((resolve, reject) =>
    commitMutation<guestMutation>(visitor.environment, {
      mutation: graphql`
        mutation guestMutation {
          startGuestSession { token }
        }
      `,
      variables: {},
      onCompleted: ({ startGuestSession }) => resolve(startGuestSession.token),
      onError: reject,
    }),
  );
  return visitor;
}
