import{b as e,d as o}from"./shared.DEGPLMFK.js";import"./shared.JSIQ232H.js";import"./shared.ZRFJZFQS.js";var r=e();r&&location.search===""&&location.replace(o(r));
