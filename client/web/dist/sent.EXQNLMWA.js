import{b as o}from"./shared.62PAUPNU.js";import"./shared.HDQVMHSD.js";import"./shared.C3F26RMI.js";import"./shared.Y4K6OYQR.js";document.querySelector('form[data-form="again"]')&&o();
