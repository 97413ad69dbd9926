import{b as e,d as o}from"./shared.Z73FMRMT.js";import"./shared.UATEZF3E.js";import"./shared.ZRFJZFQS.js";var r=e();r&&location.search===""&&location.replace(o(r));
