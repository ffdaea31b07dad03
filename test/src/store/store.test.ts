import { describe, expect, it } from 'vitest';
import { postgresIsMissing, postgresUrl } from '../../fakes/postgres.ts';
import { methodsOf } from './suite/called.ts';
import { postgresPlace, sqlitePlace, type TestPlace } from './suite/engines.ts';
import { laneBehaviours } from './suite/lanes.ts';
import { leaseBehaviours } from './suite/leases.ts';
import { peopleBehaviours } from './suite/people.ts';
import { restBehaviours } from './suite/rest.ts';
import { stageStores } from './suite/stage.ts';
import { stopWishBehaviours } from './suite/stop-wishes.ts';
import { togetherBehaviours } from './suite/together.ts';
import { turnBehaviours } from './suite/turns.ts';

function storeBehaviours(makePlace: () => Promise<TestPlace>): void {
  const stage = stageStores(makePlace);
  turnBehaviours(stage);
  leaseBehaviours(stage);
  laneBehaviours(stage);
  stopWishBehaviours(stage);
  peopleBehaviours(stage);
  restBehaviours(stage);
  togetherBehaviours(stage);

  // Last: what stands above has called it all.
  it('does nothing that no test has tried', () => {
    expect([...stage.called].sort()).toEqual(methodsOf(stage.store()));
  });
}

describe('the store on SQLite', () => storeBehaviours(sqlitePlace));

const server = await postgresUrl();
if (server === undefined) describe.skip(postgresIsMissing, () => it('the store on PostgreSQL'));
else describe('the store on PostgreSQL', () => storeBehaviours(() => postgresPlace(server)));
