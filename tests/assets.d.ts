/** Declares what the scripts find in the page and did not bring: Gradio, Plotly, the languages. */

interface GradioProps {
  elem_id?: string;
  id?: string;
  selected?: string;
}

interface Window {
  gradio_config?: { root: string; components: { props: GradioProps }[] };
  Plotly: any;
}

/** Made as it is served. */
declare module "*/languages.js" {
  export const languages: Record<string, { tag: string; name: string; short: string }>;
}
