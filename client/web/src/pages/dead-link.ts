/** A link that is no good; or a good one whose page was loaded again, after its code had left the address bar. */
import { addressOf, rememberedLink } from "../link.js";

const link = rememberedLink();
if (link && location.search === "") location.replace(addressOf(link));
