import{b as e,d as o}from"./shared.UGI2GEYS.js";import"./shared.LMFZVY6X.js";import"./shared.ZRFJZFQS.js";var r=e();r&&location.search===""&&location.replace(o(r));
