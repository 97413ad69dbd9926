import{b as o}from"./shared.Z4R72KZI.js";import"./shared.UOXLOITL.js";import"./shared.7UDRVBKC.js";import"./shared.Y4K6OYQR.js";document.querySelector('form[data-form="again"]')&&o();
