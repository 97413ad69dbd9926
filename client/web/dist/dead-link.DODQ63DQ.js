import{b as e,d as o}from"./shared.4GMCJ7AW.js";import"./shared.SVIRV6GF.js";import"./shared.ZRFJZFQS.js";var r=e();r&&location.search===""&&location.replace(o(r));
