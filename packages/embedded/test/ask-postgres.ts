/** One query to a private PostgreSQL, over a connection of its own. */
import pg from 'pg';

/** The first column of the first row, as text. Rejects when nobody listens. */
export async function askPostgres(url: string, query: string): Promise<string | null> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // the query tells
  await client.connect();
  try {
    const { rows } = await client.query<(string | null)[]>({ text: query, rowMode: 'array', types: asText });
    return rows[0]?.[0] ?? null;
  } finally {
    await client.end();
  }
}

const asText = { getTypeParser: () => String };
