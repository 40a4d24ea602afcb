import { z } from "zod";

/** What the deployment of the Bicep says of each instance: its output `instances`. */
export const deployedInstancesSchema = z
  .array(z.object({ id: z.string(), role: z.string(), appName: z.string() }))
  .min(1);

export type DeployedInstance = z.infer<typeof deployedInstancesSchema>[number];

/** Of a role, so many of its instances are away at once; at least one. */
const shareAtOnce = 0.25;

/** Who gets the package together: of each role a quarter, and at least one, so that a role of two or more is never away as a whole. */
export function planWaves(instances: readonly DeployedInstance[]): DeployedInstance[][] {
  const waves: DeployedInstance[][] = [];
  for (const members of byRole(instances).values()) {
    const atOnce = Math.max(1, Math.floor(members.length * shareAtOnce));
    members.forEach((member, index) => {
      (waves[Math.floor(index / atOnce)] ??= []).push(member);
    });
  }
  return waves;
}

/**
 * Brings the package to every instance, wave by wave. The first wave that fails ends it: what comes after keeps what it has. Throws
 * with every failure of that wave.
 */
export async function rollOut(
  instances: readonly DeployedInstance[],
  deployTo: (instance: DeployedInstance) => Promise<void>,
): Promise<void> {
  for (const wave of planWaves(instances)) {
    const outcomes = await Promise.allSettled(wave.map((instance) => deployTo(instance)));
    const failures = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    if (failures.length > 0)
      throw new AggregateError(failures, `${failures.length} of ${wave.length} deployments failed`);
  }
}

function byRole(instances: readonly DeployedInstance[]): Map<string, DeployedInstance[]> {
  const roles = new Map<string, DeployedInstance[]>();
  for (const instance of instances) {
    const members = roles.get(instance.role);
    if (members) members.push(instance);
    else roles.set(instance.role, [instance]);
  }
  return roles;
}
