import{b as e,d as o}from"./shared.FZAHN42E.js";import"./shared.BIMRKH5Q.js";import"./shared.ZRFJZFQS.js";var r=e();r&&location.search===""&&location.replace(o(r));
