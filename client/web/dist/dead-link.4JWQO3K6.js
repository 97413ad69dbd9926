import{b as e,d as o}from"./shared.MFI3XCHY.js";import"./shared.B3NVINS2.js";import"./shared.ZRFJZFQS.js";var r=e();r&&location.search===""&&location.replace(o(r));
