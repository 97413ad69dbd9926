import{b as o}from"./shared.6JAKYCOT.js";import"./shared.TFTSVFSS.js";import"./shared.YM3WBWHW.js";import"./shared.ZRFJZFQS.js";document.querySelector('form[data-form="again"]')&&o();
