export const createViewer = () => {};
