DELETE FROM idempotency_keys
 WHERE event_id = $1 AND (viewer, key) > ($2, $3)
   AND ($4::text IS NULL OR (viewer, key) <= ($4, $5))
   AND created_at < clock_timestamp() - make_interval(secs => $6);

SELECT "events"."id" FROM "events" WHERE "events"."id" = $1 LIMIT $2 FOR UPDATE;

SELECT "events"."id", "events"."slug", "events"."name", "events"."venue", "events"."starts_at", "events"."time_zone", "events"."sales_open_at", "events"."sales_close_at", "events"."hold_seconds", "events"."hold_extension_seconds", "events"."max_seats_per_viewer", "events"."max_seats_let_go", "events"."confirmed_by", "events"."currency", "events"."revision", "events"."next_expiry_at", "events"."churn_until" FROM "events" ORDER BY "events"."starts_at" ASC, "events"."id" ASC LIMIT $1;

SELECT "events"."id", "events"."slug", "events"."name", "events"."venue", "events"."starts_at", "events"."time_zone", "events"."sales_open_at", "events"."sales_close_at", "events"."hold_seconds", "events"."hold_extension_seconds", "events"."max_seats_per_viewer", "events"."max_seats_let_go", "events"."confirmed_by", "events"."currency", "events"."revision", "events"."next_expiry_at", "events"."churn_until" FROM "events" WHERE "events"."id" = ANY($1);

SELECT "seats"."event_id", "seats"."id", "seats"."category_id", "seats"."for_sale", "seats"."status", "seats"."viewer", "seats"."expires_at", "seats"."lapsed_viewer", "seats"."order_id", "seats"."revision", "seats"."extended_until" FROM "seats" WHERE "seats"."event_id" = $1 ORDER BY "seats"."id" ASC;

SELECT "seats"."event_id", "seats"."id", "seats"."category_id", "seats"."for_sale", "seats"."status", "seats"."viewer", "seats"."expires_at", "seats"."lapsed_viewer", "seats"."order_id", "seats"."revision", "seats"."extended_until", "seats"."price_version" FROM "seats" WHERE "seats"."event_id" = $1 ORDER BY "seats"."id" ASC;

SELECT * FROM seat_changes
 WHERE event_id = $1 AND revision > $2 ORDER BY revision LIMIT $3;

SELECT COALESCE(max(seats), 0), COALESCE(max(categories), 0),
       COALESCE(max(LEAST(max_seats_per_viewer, seats)), 0), COALESCE(sum(seats), 0)::bigint
  FROM (SELECT
       COALESCE((SELECT max(seats.id) FROM seats WHERE seats.event_id = events.id), 0) AS seats,
       COALESCE((SELECT max(categories.id) FROM categories
                  WHERE categories.event_id = events.id), 0) AS categories, max_seats_per_viewer FROM events) AS sizes;

SELECT NULL::integer AS seat_id, asked.viewer, let_go_at, seats AS number,
       NULL::bigint AS kept_micros, NULL::boolean AS is_asked_for
  FROM UNNEST($3::text[]) AS asked (viewer), LATERAL (
    SELECT let_go_at, seats FROM seats_let_go
     WHERE event_id = $1 AND viewer = asked.viewer ORDER BY let_go_at DESC LIMIT $5
) AS logged
UNION ALL
SELECT NULL, asked.viewer, let_go_at, seats, NULL, NULL
  FROM UNNEST($3::text[]) AS asked (viewer), LATERAL (
    SELECT expires_at AS let_go_at, count(*)::integer AS seats FROM seats
     WHERE event_id = $1 AND viewer = asked.viewer AND status = 1 AND expires_at <= $2
     GROUP BY expires_at ORDER BY expires_at DESC LIMIT $5
) AS due
UNION ALL
SELECT asked.seat_id, viewer, let_go_at, holds, kept_micros, is_asked_for
  FROM UNNEST($4::integer[]) AS asked (seat_id), LATERAL (
    SELECT viewer, let_go_at, holds, kept_micros, is_asked_for FROM seat_runs
     WHERE event_id = $1 AND seat_id = asked.seat_id LIMIT 1
) AS run;

SELECT after_revision FROM price_lists WHERE event_id = $1
  ORDER BY price_version;

SELECT asked.viewer, NULL AS key, held.number
  FROM UNNEST($3::text[]) AS asked (viewer), LATERAL (
    SELECT count(*) AS number FROM seats
     WHERE event_id = $1 AND viewer = asked.viewer AND (status = 2 OR expires_at > $2)
) AS held
UNION ALL
SELECT asked.viewer, asked.key, known.order_id
  FROM UNNEST($4::text[], $5::text[]) AS asked (viewer, key), LATERAL (
    SELECT order_id FROM idempotency_keys
     WHERE event_id = $1 AND viewer = asked.viewer AND key = asked.key LIMIT 1
) AS known;

SELECT change.*, CASE WHEN cause IN (10, 11) THEN (
    SELECT viewer FROM seat_changes AS before
     WHERE before.event_id = $1 AND before.revision = change.previous) END AS former
  FROM seat_changes AS change
 WHERE event_id = $1 AND revision > $2 ORDER BY revision LIMIT $3;

SELECT code, order_id FROM order_codes WHERE event_id = $1 ORDER BY order_id;

SELECT count(*) FROM events;

SELECT event_id FROM event_slugs WHERE slug = $1;

SELECT event_id,
       count(*) FILTER (
           WHERE for_sale AND (status = 0 OR expires_at <= statement_timestamp()))
           AS available,
       count(*) FILTER (WHERE status = 1 AND expires_at > statement_timestamp())
           AS reserved,
       count(*) FILTER (WHERE status = 2) AS confirmed FROM seats WHERE event_id = ANY ($1) GROUP BY event_id;

SELECT event_id, id, name, COALESCE(amount_minor, price_minor) AS price_minor, color
  FROM categories WHERE event_id = ANY ($1) ORDER BY event_id, id;

SELECT events.*
  FROM event_slugs JOIN events ON events.id = event_id WHERE event_slugs.slug = $1;

SELECT id FROM events WHERE id > $1 AND revision > 0 ORDER BY id LIMIT $2;

SELECT id, COALESCE(amount_minor, price_minor) FROM categories WHERE event_id = $1;

SELECT id, category_id, section, row_label, number, accessible, x, y
  FROM seats JOIN seat_places USING (event_id, id) WHERE event_id = $1 ORDER BY id;

SELECT id, for_sale, status,
       status = 1 AND expires_at <= statement_timestamp() AS has_run_out
  FROM seats WHERE event_id = $1 ORDER BY id;

SELECT id, next_expiry_at, clock_timestamp() AS now FROM events
              WHERE next_expiry_at IS NOT NULL ORDER BY next_expiry_at LIMIT $1;

SELECT id, revision, sales_open_at,
       coalesce(sales_close_at, starts_at) AS sales_close_at, hold_seconds,
       hold_extension_seconds, max_seats_per_viewer, max_seats_let_go, allows_lone_seats,
       confirmed_by, currency, stage
  FROM events WHERE id > $1 ORDER BY id LIMIT 1;

SELECT id, revision, sales_open_at,
       coalesce(sales_close_at, starts_at) AS sales_close_at, hold_seconds,
       hold_extension_seconds, max_seats_per_viewer, max_seats_let_go, confirmed_by, currency
  FROM events WHERE id > $1 ORDER BY id LIMIT 1;

SELECT id, viewer, code, total_minor, currency FROM orders WHERE event_id = $1;

SELECT order_id, array_agg(slot) FROM idempotency_keys
 WHERE event_id = $1 AND order_id = ANY ($2) AND slot > 1 GROUP BY order_id;

SELECT orders.*,
       (SELECT array_agg(seat_id ORDER BY seat_id) FROM order_seats
         WHERE order_seats.event_id = orders.event_id AND order_id = orders.id) AS seats,
       (SELECT array_agg(price_minor ORDER BY seat_id) FROM order_seats
         WHERE order_seats.event_id = orders.event_id AND order_id = orders.id) AS prices_minor
  FROM order_codes JOIN orders ON orders.event_id = order_codes.event_id AND id = order_id
 WHERE order_codes.code = $1;

SELECT orders.*,
       (SELECT array_agg(seat_id ORDER BY seat_id) FROM order_seats
         WHERE order_seats.event_id = orders.event_id AND order_id = orders.id) AS seats,
       (SELECT array_agg(price_minor ORDER BY seat_id) FROM order_seats
         WHERE order_seats.event_id = orders.event_id AND order_id = orders.id) AS prices_minor
  FROM orders
 WHERE viewer = $1
   AND ($2::timestamptz IS NULL OR (confirmed_at, event_id, id) < ($2, $3, $4))
 ORDER BY confirmed_at DESC, event_id DESC, id DESC LIMIT $5;

SELECT orders.*,
       (SELECT array_agg(seat_id ORDER BY seat_id) FROM order_seats
         WHERE order_seats.event_id = orders.event_id AND order_id = orders.id) AS seats,
       (SELECT array_agg(price_minor ORDER BY seat_id) FROM order_seats
         WHERE order_seats.event_id = orders.event_id AND order_id = orders.id) AS prices_minor FROM orders WHERE event_id = $1 AND id = ANY ($2) ORDER BY id;

SELECT pg_notify($1, $2);

SELECT pg_notify($1, '');

SELECT plan_version FROM events WHERE id = $1;

SELECT revision,
       (SELECT min(revision) FROM seat_changes WHERE event_id = $1),
       (SELECT max(id) FROM seats WHERE event_id = $1) FROM events WHERE id = $1;

SELECT revision, plan_version FROM events WHERE id = $1;

SELECT revision, statement_timestamp() FROM events WHERE id = $1;

SELECT seat.*
  FROM UNNEST($7::text[]) AS named (section)
 CROSS JOIN LATERAL (SELECT seats.*, section, row_label, number, accessible, x, y,
       statement_timestamp() AS now
          FROM seat_places JOIN seats USING (event_id, id)
         WHERE event_id = $1 AND seat_places.section = named.section AND ($2 IS NULL
        OR $2 = status AND (status <> 1 OR expires_at > statement_timestamp())
        OR $2 = 0 AND status = 1 AND expires_at <= statement_timestamp())
   AND ($3::integer[] IS NULL OR category_id = ANY ($3))
   AND ($4::boolean IS NULL OR accessible = $4)
           AND id > $5
         ORDER BY id LIMIT $6) AS seat
 ORDER BY id LIMIT $6;

SELECT seat_id FROM seat_blocks WHERE event_id = $1;

SELECT seat_id, order_id, price_minor FROM order_seats WHERE event_id = $1
  ORDER BY seat_id;

SELECT seats, categories, LEAST(max_seats_per_viewer, seats) AS seats_a_viewer, id
  FROM (SELECT
       COALESCE((SELECT max(seats.id) FROM seats WHERE seats.event_id = events.id), 0) AS seats,
       COALESCE((SELECT max(categories.id) FROM categories
                  WHERE categories.event_id = events.id), 0) AS categories, max_seats_per_viewer, id FROM events WHERE id = ANY ($1)) AS sizes;

SELECT seats.*, section, row_label, number, accessible, x, y,
       statement_timestamp() AS now
  FROM UNNEST($1::bigint[], $2::integer[]) AS wanted (event_id, id)
  JOIN seats USING (event_id, id) JOIN seat_places USING (event_id, id);

SELECT seats.*, section, row_label, number, accessible, x, y,
       statement_timestamp() AS now
  FROM seats JOIN seat_places USING (event_id, id)
 WHERE event_id = $1 AND ($2 IS NULL
        OR $2 = status AND (status <> 1 OR expires_at > statement_timestamp())
        OR $2 = 0 AND status = 1 AND expires_at <= statement_timestamp())
   AND ($3::integer[] IS NULL OR category_id = ANY ($3))
   AND ($4::boolean IS NULL OR accessible = $4) AND seats.id > $5 AND seat_places.id > $5
 ORDER BY id LIMIT $6;

SELECT to_regclass('seaql_migrations') IS NOT NULL;

SELECT until_revision, hold_seconds, hold_extension_seconds,
       max_seats_per_viewer FROM past_terms WHERE event_id = $1;

SELECT version FROM seaql_migrations;

SELECT viewer, key FROM idempotency_keys
 WHERE event_id = $1 AND (viewer, key) > ($2, $3) ORDER BY viewer, key OFFSET $4 LIMIT 1;

SELECT viewer, key, order_id FROM idempotency_keys WHERE event_id = $1
  ORDER BY order_id, key;

WITH RECURSIVE known (event_id) AS (
    (SELECT event_id FROM event_slugs ORDER BY event_id LIMIT 1)
    UNION ALL
    SELECT (SELECT event_id FROM event_slugs WHERE event_id > known.event_id
             ORDER BY event_id LIMIT 1) FROM known WHERE event_id IS NOT NULL
)
SELECT event_id FROM known
 WHERE event_id IS NOT NULL AND NOT EXISTS (SELECT FROM events WHERE id = event_id);

WITH RECURSIVE known (event_id) AS (
    (SELECT event_id FROM idempotency_keys ORDER BY event_id LIMIT 1)
    UNION ALL
    SELECT (SELECT event_id FROM idempotency_keys WHERE event_id > known.event_id
             ORDER BY event_id LIMIT 1) FROM known WHERE event_id IS NOT NULL
)
SELECT event_id FROM known
 WHERE event_id IS NOT NULL AND NOT EXISTS (SELECT FROM events WHERE id = event_id);

WITH RECURSIVE known (event_id) AS (
    (SELECT event_id FROM order_codes ORDER BY event_id LIMIT 1)
    UNION ALL
    SELECT (SELECT event_id FROM order_codes WHERE event_id > known.event_id
             ORDER BY event_id LIMIT 1) FROM known WHERE event_id IS NOT NULL
)
SELECT event_id FROM known
 WHERE event_id IS NOT NULL AND NOT EXISTS (SELECT FROM events WHERE id = event_id);

WITH RECURSIVE known (event_id) AS (
    (SELECT event_id FROM order_seats ORDER BY event_id LIMIT 1)
    UNION ALL
    SELECT (SELECT event_id FROM order_seats WHERE event_id > known.event_id
             ORDER BY event_id LIMIT 1) FROM known WHERE event_id IS NOT NULL
)
SELECT event_id FROM known
 WHERE event_id IS NOT NULL AND NOT EXISTS (SELECT FROM events WHERE id = event_id);

WITH RECURSIVE known (event_id) AS (
    (SELECT event_id FROM orders ORDER BY event_id LIMIT 1)
    UNION ALL
    SELECT (SELECT event_id FROM orders WHERE event_id > known.event_id
             ORDER BY event_id LIMIT 1) FROM known WHERE event_id IS NOT NULL
)
SELECT event_id FROM known
 WHERE event_id IS NOT NULL AND NOT EXISTS (SELECT FROM events WHERE id = event_id);

WITH RECURSIVE known (event_id) AS (
    (SELECT event_id FROM past_terms ORDER BY event_id LIMIT 1)
    UNION ALL
    SELECT (SELECT event_id FROM past_terms WHERE event_id > known.event_id
             ORDER BY event_id LIMIT 1) FROM known WHERE event_id IS NOT NULL
)
SELECT event_id FROM known
 WHERE event_id IS NOT NULL AND NOT EXISTS (SELECT FROM events WHERE id = event_id);

WITH RECURSIVE known (event_id) AS (
    (SELECT event_id FROM seat_changes ORDER BY event_id LIMIT 1)
    UNION ALL
    SELECT (SELECT event_id FROM seat_changes WHERE event_id > known.event_id
             ORDER BY event_id LIMIT 1) FROM known WHERE event_id IS NOT NULL
)
SELECT event_id FROM known
 WHERE event_id IS NOT NULL AND NOT EXISTS (SELECT FROM events WHERE id = event_id);

WITH RECURSIVE known (event_id) AS (
    (SELECT event_id FROM seat_runs ORDER BY event_id LIMIT 1)
    UNION ALL
    SELECT (SELECT event_id FROM seat_runs WHERE event_id > known.event_id
             ORDER BY event_id LIMIT 1) FROM known WHERE event_id IS NOT NULL
)
SELECT event_id FROM known
 WHERE event_id IS NOT NULL AND NOT EXISTS (SELECT FROM events WHERE id = event_id);

WITH RECURSIVE known (event_id) AS (
    (SELECT event_id FROM seats ORDER BY event_id LIMIT 1)
    UNION ALL
    SELECT (SELECT event_id FROM seats WHERE event_id > known.event_id
             ORDER BY event_id LIMIT 1) FROM known WHERE event_id IS NOT NULL
)
SELECT event_id FROM known
 WHERE event_id IS NOT NULL AND NOT EXISTS (SELECT FROM events WHERE id = event_id);

WITH RECURSIVE known (event_id) AS (
    (SELECT event_id FROM seats_let_go ORDER BY event_id LIMIT 1)
    UNION ALL
    SELECT (SELECT event_id FROM seats_let_go WHERE event_id > known.event_id
             ORDER BY event_id LIMIT 1) FROM known WHERE event_id IS NOT NULL
)
SELECT event_id FROM known
 WHERE event_id IS NOT NULL AND NOT EXISTS (SELECT FROM events WHERE id = event_id);

WITH RECURSIVE known (event_id) AS (
    (SELECT event_id FROM webhook_cursors ORDER BY event_id LIMIT 1)
    UNION ALL
    SELECT (SELECT event_id FROM webhook_cursors WHERE event_id > known.event_id
             ORDER BY event_id LIMIT 1) FROM known WHERE event_id IS NOT NULL
)
SELECT event_id FROM known
 WHERE event_id IS NOT NULL AND NOT EXISTS (SELECT FROM events WHERE id = event_id);

WITH change AS (
    SELECT * FROM UNNEST($3::bigint[], $4::integer[], $5::smallint[], $6::text[],
                         $7::timestamptz[], $8::bigint[])
        AS change (revision, seat_id, cause, viewer, expires_at, order_id)
), log AS (
    INSERT INTO seat_changes
           (event_id, revision, seat_id, cause, viewer, expires_at, order_id, changed_at)
    SELECT $1, revision, seat_id, cause, viewer, CASE WHEN cause IN (1, 5) THEN expires_at END, CASE WHEN cause IN (4) THEN order_id END, $2
      FROM change
), last AS (
    SELECT DISTINCT ON (seat_id) * FROM change ORDER BY seat_id, revision DESC
), seat AS (
    INSERT INTO seats AS seat (event_id, id, category_id, status, viewer, expires_at,
                               lapsed_viewer, order_id, revision, extended_until)
    SELECT $1, seat_id, 0, CASE cause WHEN 1 THEN 1 WHEN 2 THEN 0 WHEN 3 THEN 0 WHEN 4 THEN 2 WHEN 5 THEN 1 END, CASE WHEN cause IN (1, 4, 5) THEN viewer END, CASE WHEN cause IN (1, 5) THEN expires_at END, CASE WHEN cause IN (3) THEN viewer END, CASE WHEN cause IN (4) THEN order_id END, revision,
           CASE WHEN cause IN (5) THEN expires_at END
      FROM last
    ON CONFLICT (event_id, id) DO UPDATE SET
        status = CASE WHEN seat.status IN (0, 1) THEN EXCLUDED.status END,
        viewer = EXCLUDED.viewer, expires_at = EXCLUDED.expires_at,
        lapsed_viewer = EXCLUDED.lapsed_viewer, order_id = EXCLUDED.order_id,
        revision = EXCLUDED.revision, extended_until = EXCLUDED.extended_until
)
UPDATE events SET revision = $9, next_expiry_at = LEAST(next_expiry_at, $10),
       churn_until = GREATEST(churn_until, $11) WHERE id = $1;

WITH due AS MATERIALIZED (
    SELECT clock_timestamp()
           - make_interval(secs => $3 + hold_seconds + hold_extension_seconds) AS before
      FROM events WHERE id = $1
), runs AS (
    DELETE FROM seat_runs WHERE event_id = $1 AND seat_id IN (
        SELECT seat_id FROM seat_runs
         WHERE event_id = $1 AND let_go_at < (SELECT before FROM due)
         LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING 1
), let_go AS (
    DELETE FROM seats_let_go WHERE event_id = $1 AND (viewer, let_go_at) IN (
        SELECT viewer, let_go_at FROM seats_let_go
         WHERE event_id = $1 AND let_go_at < (SELECT before FROM due)
         LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING 1
)
SELECT GREATEST((SELECT count(*) FROM runs), (SELECT count(*) FROM let_go));

WITH let_go AS (
    INSERT INTO seats_let_go AS known (event_id, viewer, let_go_at, seats)
    SELECT $1, * FROM UNNEST($2::text[], $3::timestamptz[], $4::integer[])
    ON CONFLICT (event_id, viewer, let_go_at) DO UPDATE SET seats = known.seats + EXCLUDED.seats
)
INSERT INTO seat_runs (event_id, seat_id, viewer, holds, kept_micros, is_asked_for, let_go_at)
SELECT $1, * FROM UNNEST($5::integer[], $6::text[], $7::integer[], $8::bigint[], $9::boolean[],
                         $10::timestamptz[])
ON CONFLICT (event_id, seat_id) DO UPDATE SET
    viewer = EXCLUDED.viewer, holds = EXCLUDED.holds, kept_micros = EXCLUDED.kept_micros,
    is_asked_for = EXCLUDED.is_asked_for, let_go_at = EXCLUDED.let_go_at;

WITH locked_event AS MATERIALIZED (SELECT "events"."id", "events"."slug", "events"."name", "events"."venue", "events"."starts_at", "events"."time_zone", "events"."sales_open_at", "events"."sales_close_at", "events"."hold_seconds", "events"."hold_extension_seconds", "events"."max_seats_per_viewer", "events"."max_seats_let_go", "events"."confirmed_by", "events"."currency", "events"."revision", "events"."next_expiry_at", "events"."churn_until" FROM "events" WHERE "events"."id" = $1 FOR UPDATE), locked_seats AS MATERIALIZED (SELECT "seats"."event_id", "seats"."id", "seats"."category_id", "seats"."for_sale", "seats"."status", "seats"."viewer", "seats"."expires_at", "seats"."lapsed_viewer", "seats"."order_id", "seats"."revision", "seats"."extended_until" FROM "seats" WHERE "seats"."event_id" = $1 AND "seats"."id" = ANY($2) AND (EXISTS (SELECT FROM locked_event)) ORDER BY "seats"."id" ASC FOR UPDATE)
SELECT NULL::integer AS id, NULL::integer AS category_id, NULL::boolean AS for_sale,
       NULL::smallint AS status, NULL::text AS viewer, NULL::timestamptz AS expires_at,
       NULL::text AS lapsed_viewer, NULL::bigint AS order_id, revision,
       NULL::timestamptz AS extended_until,
       (SELECT clock_timestamp() FROM (SELECT count(*) FROM locked_seats) AS locked) AS now,
       sales_open_at, coalesce(sales_close_at, starts_at) AS sales_close_at,
       hold_seconds, hold_extension_seconds,
       max_seats_per_viewer, max_seats_let_go, confirmed_by, currency, next_expiry_at, churn_until
  FROM locked_event
UNION ALL
SELECT id, category_id, for_sale, status, viewer, expires_at, lapsed_viewer, order_id, revision,
       extended_until, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM locked_seats;

WITH oldest AS (
    SELECT revision, changed_at FROM seat_changes
     WHERE event_id = $1 ORDER BY revision LIMIT $2
), due AS (
    SELECT max(revision) AS last FROM oldest
     WHERE revision <= (SELECT revision FROM events WHERE id = $1) - $3
        OR changed_at < clock_timestamp() - make_interval(secs => $4)
)
DELETE FROM seat_changes WHERE event_id = $1 AND revision <= (SELECT last FROM due);

WITH placed AS (
    SELECT *
      FROM UNNEST($3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[])
        AS placed (id, viewer, code, total_minor, currency, payment_reference)
), written AS (
    INSERT INTO orders
           (event_id, id, viewer, code, total_minor, currency, payment_reference, confirmed_at)
    SELECT $1, id, viewer, code, total_minor, currency, NULLIF(payment_reference, ''), $2
      FROM placed
), named AS (
    INSERT INTO order_codes (code, event_id, order_id) SELECT code, $1, id FROM placed
), sold AS (
    INSERT INTO order_seats (event_id, order_id, seat_id, price_minor)
    SELECT $1, * FROM UNNEST($9::bigint[], $10::integer[], $11::bigint[])
)
INSERT INTO idempotency_keys (event_id, viewer, key, order_id, slot, created_at)
SELECT $1, viewer, key, order_id, slot, $2
  FROM UNNEST($12::text[], $13::text[], $14::bigint[], $15::smallint[])
    AS known (viewer, key, order_id, slot);

