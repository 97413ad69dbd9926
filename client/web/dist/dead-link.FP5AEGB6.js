import{b as e,d as o}from"./shared.LXDXHPWJ.js";import"./shared.YM3WBWHW.js";import"./shared.ZRFJZFQS.js";var r=e();r&&location.search===""&&location.replace(o(r));
