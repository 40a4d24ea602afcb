import { loadForOfficialEmulator } from "../../local/servicebus/config/load-config.ts";
import { parseInstanceList } from "../../local/fleet/instance-list.ts";

/** The file that docker-compose.yml gives to the official emulator. */
export const emulatorConfigFile = "infra/emulator/Config.json";
const topologyFile = "infra/topology.json";

/** The entities of the topology for a fleet of these instances (`web-0,web-1,api-0` or `web=2,api=1`), as the official emulator reads them. */
export async function emulatorConfig(instances: string): Promise<string> {
  return `${await loadForOfficialEmulator(topologyFile, parseInstanceList(instances))}\n`;
}
