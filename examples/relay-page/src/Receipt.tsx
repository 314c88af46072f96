// What was bought, at which price.

import { graphql, useFragment } from 'react-relay';
import type { Receipt_order$key } from './__generated__/Receipt_order.graphql';
import { moneyWords } from './money';

export function Receipt({ order }: { readonly order: Receipt_order$key }) {
  const { code, total, lines } = useFragment(
    graphql`
      fragment Receipt_order on Order {
        code
        total { ...money_amount }
        lines {
          seat { id label }
          price { ...money_amount }
        }
      }
    `,
    order,
  );
  return (
    <section aria-label="Order">
      <h2>{`Order ${code}, ${moneyWords(total)}`}</h2>
      <ul>
        {lines.map(({ seat, price }) => (
          <li key={seat.id}>{`${seat.label}: ${moneyWords(price)}`}</li>
        ))}
      </ul>
    </section>
  );
}
