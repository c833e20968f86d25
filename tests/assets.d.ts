/** Declares what the scripts find in the page and did not bring: Gradio, Plotly, the catalogue. */

interface Window {
  gradio_config?: { root: string; components: { props: { elem_id?: string } }[] };
  Plotly: any;
}

/** Made as it is served. */
declare module "*/catalogue.js" {
  export const entries: Record<string, Record<string, string>>;
}
