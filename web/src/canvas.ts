// What all that draws the map draws on, in the page or in a worker.

/** The page's, or one that was handed to a worker. */
export type Canvas = HTMLCanvasElement | OffscreenCanvas;

/** The page's, or a worker's. */
export type Pen = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;
